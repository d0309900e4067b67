/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* The FIFOs of replies, and what is none. */

static char folder[64];
static struct bus bus;
static struct replies replies;

static const char *path_of(const char *name)
{
	static char path[4][128];
	static int used;
	char *p = path[used = (used + 1) % 4];
	snprintf(p, 128, "%s/%s", folder, name);
	return p;
}

static void setup(void)
{
	snprintf(folder, sizeof folder, "/tmp/jk-reply-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	bus_end(&bus);
	replies = (struct replies){.dir = folder, .bus = &bus};
}

static int make_fifo(const char *name, mode_t mode)
{
	ck_assert_int_eq(mkfifo(path_of(name), 0600), 0);
	ck_assert_int_eq(chmod(path_of(name), mode), 0);
	return open(path_of(name), O_RDONLY | O_NONBLOCK);
}

static void teardown(void)
{
	char command[96];
	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void sends(const char *id, enum fifo_sent expected)
{
	errno = 0;
	enum fifo_sent got = reply_send(&replies, id, strlen(id), "result\n", 7);
	ck_assert_msg(got == expected, "%s: %d, not %d", id, (int)got, (int)expected);
	ck_assert(expected != FIFO_FAILED || errno == EXDEV);
}

START_TEST(a_fifo_for_replies)
{
	char got[16];
	setup();
	int fd = make_fifo("cron-1", 0600), other = make_fifo("cron-2", 0666);
	ck_assert(!reply_reserved(&replies, "cron-1") && !reply_reserved(&replies, "cron-9"));
	sends("cron-1", FIFO_SENT);
	ck_assert_int_eq(read(fd, got, sizeof got), 7);
	ck_assert(memcmp(got, "result\n", 7) == 0);
	ck_assert_int_eq(read(fd, got, sizeof got), 0);                            /* nobody holds it open */
	ck_assert_int_eq(reply_send(&replies, "cron-29", 6, "x\n", 2), FIFO_SENT); /* the ID has 6 bytes */
	ck_assert_int_eq(read(other, got, sizeof got), 2);
	close(fd);
	sends("cron-1", FIFO_NOBODY);
	sends("cron-9", FIFO_NOBODY);
	replies.dir = NULL;
	sends("cron-2", FIFO_NOBODY);
	ck_assert(!reply_reserved(&replies, "cron-2"));
	close(other);
	teardown();
}
END_TEST

/* The mode of the FIFOs that programs of ours create to read from. */
START_TEST(the_mode_of_a_fifo_for_commands)
{
	setup();
	int fd = make_fifo("a", 0620);
	sends("a", FIFO_FAILED);
	ck_assert(reply_reserved(&replies, "a"));
	for (mode_t bit = 1; bit < 01000; bit <<= 1) {
		if (bit == 0400) /* without it, who is not root cannot read it */
			continue;
		ck_assert_int_eq(chmod(path_of("a"), 0620 ^ bit), 0);
		ck_assert(!reply_reserved(&replies, "a"));
	}
	close(fd);
	teardown();
}
END_TEST

START_TEST(files_links_and_second_names)
{
	setup();
	int fd = make_fifo("a", 0600), end = open(path_of("file"), O_CREAT | O_WRONLY, 0600);
	ck_assert(symlink(path_of("a"), path_of("link")) == 0);
	sends("link", FIFO_FAILED);
	sends("file", FIFO_FAILED);
	ck_assert(reply_reserved(&replies, "link") && !reply_reserved(&replies, "file"));
	ck_assert(link(path_of("a"), path_of("b")) == 0);
	sends("a", FIFO_FAILED);
	sends("b", FIFO_FAILED);
	ck_assert(reply_reserved(&replies, "a"));
	unlink(path_of("b"));
	sends("a", FIFO_SENT);
	sends("../a", FIFO_NOBODY);
	close(fd);
	close(end);
	teardown();
}
END_TEST

/* Those of -c and -f, by whatever path. */
START_TEST(own_fifos)
{
	setup();
	char link_path[128];
	int a = make_fifo("a", 0600), b = make_fifo("b", 0600), c = make_fifo("c", 0600);
	snprintf(link_path, sizeof link_path, "%s", path_of("link"));
	ck_assert(symlink(path_of("a"), link_path) == 0);
	replies.commands = link_path;
	bus.fifo = path_of("b");
	bus_channel(&bus, "bus", 3)->fifo = "/nonexistent";
	sends("a", FIFO_FAILED);
	sends("b", FIFO_FAILED);
	sends("c", FIFO_SENT);
	bus.channels[0]->fifo = path_of("c");
	sends("c", FIFO_FAILED);
	ck_assert(reply_reserved(&replies, "a") && reply_reserved(&replies, "b") &&
		  reply_reserved(&replies, "c"));
	close(a), close(b), close(c);
	teardown();
}
END_TEST

UNIT_RUN("reply", a_fifo_for_replies, the_mode_of_a_fifo_for_commands, files_links_and_second_names,
	 own_fifos)
