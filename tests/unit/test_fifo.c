/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fifo.h"
#include "unit.h"

static char dir[] = "/tmp/jk-fifo-XXXXXX";
static char path[64];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void begin(void)
{
	ck_assert(mkdtemp(dir));
}

static void end(void)
{
	unlink(in_dir("fifo"));
	unlink(in_dir("file"));
	rmdir(dir);
}

START_TEST(a_message_arrives_whole)
{
	char buffer[64];
	begin();
	umask(077);
	int fd = fifo_open(in_dir("fifo"));
	ck_assert_int_ge(fd, 0);
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0620);
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fifo_send(path, "one\n", 4), FIFO_SENT);
	ck_assert_int_eq(fifo_send(path, "two\n", 4), FIFO_SENT);
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), 8);
	ck_assert_mem_eq(buffer, "one\ntwo\n", 8);
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), -1); /* no end, though the writers have gone */
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
	fd = fifo_open(path); /* it is there already */
	ck_assert_int_ge(fd, 0);
	close(fd);
	end();
}
END_TEST

START_TEST(nobody_and_full_are_told_apart)
{
	static char block[PIPE_BUF];
	begin();
	ck_assert_int_eq(fifo_send(in_dir("fifo"), "x", 1), FIFO_NOBODY);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(fifo_send(path, "x", 1), FIFO_NOBODY);
	int fd = fifo_open(path);
	enum fifo_sent sent = FIFO_SENT;
	for (int i = 0; i < 1000 && sent == FIFO_SENT; i++)
		sent = fifo_send(path, block, sizeof block);
	ck_assert_int_eq(sent, FIFO_FULL);
	ck_assert_int_eq(fifo_send(path, block, sizeof block + 1), FIFO_FAILED);
	ck_assert_int_eq(errno, EMSGSIZE);
	close(fd);
	end();
}
END_TEST

START_TEST(something_else_is_there)
{
	struct stat status;
	begin();
	int fd = open(in_dir("file"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(fifo_open(path), -1);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(fifo_send(path, "x", 1), FIFO_FAILED);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_size, 0);
	ck_assert_int_eq(fifo_open(dir), -1);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(fifo_open("/nonexistent/fifo"), -1);
	ck_assert_int_eq(errno, ENOENT);
	end();
}
END_TEST

UNIT_RUN("fifo", a_message_arrives_whole, nobody_and_full_are_told_apart, something_else_is_there)
