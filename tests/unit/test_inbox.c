/* SPDX-License-Identifier: MIT */
#include "inbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit.h"

static struct inbox box;
static uint64_t lost;

static void begin(void)
{
	inbox_begin(&box, eventfd(0, EFD_NONBLOCK));
}

static void put(const char *topic, const char *payload)
{
	inbox_put(&box, topic, payload, strlen(payload), false, 7);
}

static void take(const char *topic, const char *payload)
{
	struct incoming message;
	ck_assert(inbox_take(&box, &message));
	ck_assert_str_eq(message.topic, topic);
	ck_assert_str_eq(message.payload, payload);
	ck_assert_uint_eq(message.size, strlen(payload));
	free(message.topic);
}

static void end(void)
{
	struct incoming message;
	while (inbox_take(&box, &message))
		free(message.topic);
	close(box.wake_fd);
}

START_TEST(in_order)
{
	begin();
	struct incoming message;
	ck_assert(!inbox_take(&box, &message));
	put("a/b", "1");
	put("c", "");
	take("a/b", "1");
	inbox_put(&box, "d", "x\0y", 3, true, 123456);
	take("c", "");
	ck_assert(inbox_take(&box, &message));
	ck_assert_str_eq(message.topic, "d");
	ck_assert(message.size == 3 && memcmp(message.payload, "x\0y", 4) == 0);
	ck_assert(message.retained && message.real_us == 123456);
	free(message.topic);
	ck_assert(!inbox_take(&box, &message));
	ck_assert_uint_eq(box.bytes, 0);
	end();
}
END_TEST

/* The reader is woken by a message, by one that was lost, and by a connection. */
START_TEST(the_reader_is_woken)
{
	eventfd_t count;
	begin();
	ck_assert_int_eq(eventfd_read(box.wake_fd, &count), -1);
	put("a", "1");
	ck_assert(eventfd_read(box.wake_fd, &count) == 0 && count == 1);
	inbox_connected(&box);
	ck_assert(eventfd_read(box.wake_fd, &count) == 0 && count == 1);
	end();
}
END_TEST

START_TEST(connections_are_counted)
{
	begin();
	ck_assert_uint_eq(inbox_connections(&box, &lost), 0);
	inbox_connected(&box);
	inbox_connected(&box);
	ck_assert_uint_eq(inbox_connections(&box, &lost), 2);
	ck_assert_uint_eq(lost, 0);
	end();
}
END_TEST

START_TEST(so_many_messages_and_no_more)
{
	begin();
	put("first", "");
	take("first", "");
	for (int i = 0; i < INBOX_MAX; i++) {
		ck_assert(inbox_busy(&box) == (i >= INBOX_BUSY));
		put("a", "1");
	}
	inbox_connections(&box, &lost);
	ck_assert_uint_eq(lost, 0);
	put("b", "2");
	inbox_connections(&box, &lost);
	ck_assert_uint_eq(lost, 1);
	take("a", "1");
	put("b", "3"); /* there is room again */
	for (int i = 1; i < INBOX_MAX; i++)
		take("a", "1");
	take("b", "3");
	ck_assert(!inbox_busy(&box));
	end();
}
END_TEST

/* A topic counts with its NUL. */
START_TEST(so_many_bytes_and_no_more)
{
	static char large[INBOX_BYTES_MAX];
	begin();
	inbox_put(&box, "a", large, INBOX_BYTES_BUSY - 3, false, 0);
	ck_assert(!inbox_busy(&box));
	inbox_put(&box, "", large, 0, false, 0);
	ck_assert(inbox_busy(&box));
	inbox_put(&box, "b", large, INBOX_BYTES_MAX - INBOX_BYTES_BUSY - 2 + 1, false, 0);
	inbox_connections(&box, &lost);
	ck_assert_uint_eq(lost, 1);
	inbox_put(&box, "b", large, INBOX_BYTES_MAX - INBOX_BYTES_BUSY - 2, false, 0);
	inbox_connections(&box, &lost);
	ck_assert_uint_eq(lost, 1);
	ck_assert_uint_eq(box.bytes, INBOX_BYTES_MAX);
	end();
	ck_assert_uint_eq(box.bytes, 0);
}
END_TEST

/* At the end nobody takes messages, but acknowledgements are to be read. */
START_TEST(once_closed_it_is_never_busy)
{
	begin();
	for (int i = 0; i < INBOX_BUSY; i++)
		put("a", "1");
	ck_assert(inbox_busy(&box));
	inbox_close(&box);
	ck_assert(!inbox_busy(&box));
	put("b", "2");
	ck_assert_uint_eq(box.count, INBOX_BUSY);
	inbox_connections(&box, &lost);
	ck_assert_uint_eq(lost, 0);
	end();
}
END_TEST

UNIT_RUN("inbox", in_order, the_reader_is_woken, connections_are_counted, so_many_messages_and_no_more,
	 so_many_bytes_and_no_more, once_closed_it_is_never_busy)
