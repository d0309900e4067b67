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

static int look(struct fifo_watch *w, int *fd, int64_t *now_us)
{
	*now_us += FIFO_LOOK_US;
	int other = fifo_watch_look(w, *fd, *now_us);
	if (other < 0)
		return 0;
	ck_assert_int_ne(other, *fd);
	close(*fd);
	*fd = other;
	return 1;
}

/* Whoever reads finds what was put in its place, and loses nothing of what was in it. */
START_TEST(removed_or_replaced_while_it_is_read)
{
	struct fifo_watch watch;
	int64_t now_us = 0;
	char buffer[8], other[64];
	begin();
	int fd = fifo_open(in_dir("fifo"));
	fifo_watch_begin(&watch, "-x", path);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0);
	unlink(path);
	ck_assert_int_eq(fifo_watch_look(&watch, fd, now_us + 1), -1); /* not so soon */
	ck_assert_int_eq(look(&watch, &fd, &now_us), 1);
	ck_assert_int_eq(fifo_send(path, "one", 3), FIFO_SENT);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0); /* it is not read empty */
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), 3);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 1);
	ck_assert_int_eq(fifo_send(path, "two", 3), FIFO_SENT);
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), 3);
	/* what is no FIFO is let alone, until it is gone */
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0);
	unlink(path);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 1);
	/* nor is anything done where its folder is gone */
	snprintf(other, sizeof other, "%s.moved", dir);
	ck_assert_int_eq(rename(dir, other), 0);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0);
	ck_assert_int_eq(rename(other, dir), 0);
	ck_assert_int_eq(look(&watch, &fd, &now_us), 0);
	ck_assert_int_eq(fifo_send(path, "six", 3), FIFO_SENT);
	ck_assert_int_eq(read(fd, buffer, sizeof buffer), 3);
	close(fd);
	end();
}
END_TEST

UNIT_RUN("fifo", a_message_arrives_whole, nobody_and_full_are_told_apart, something_else_is_there,
	 removed_or_replaced_while_it_is_read)
