/* SPDX-License-Identifier: MIT */
/*
 * can-play: sends the data frames of a log, as candump -L writes it, to a CAN interface, as fast as the
 * programs that receive them write them to files.
 *
 *     can-play LOG IFACE FILE...   each line that is sent makes each FILE longer by as much, sooner or later;
 *                                  no more than BURST are sent before they have
 *
 * Prints how many frames were sent.  Exit status 111 if the kernel refuses, 1 if a FILE does not grow.
 */
#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 200, FILES = 4, TICK_NS = 2000000, PATIENCE_TICKS = 10000 };

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "can-play: %s: %s\n", what, strerror(errno));
	exit(111);
}

static int open_can(const char *name)
{
	struct sockaddr_can at = {.can_family = AF_CAN, .can_ifindex = (int)if_nametoindex(name)};
	int fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
	if (fd < 0 || at.can_ifindex == 0 || setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
		fail(name);
	return fd;
}

/* "(TIME) CHANNEL ID#DATA": false if it is none. */
static bool parse(const char *line, struct can_frame *frame)
{
	const char *id = strrchr(line, ' ');
	char *end;
	if (!id)
		return false;
	*frame = (struct can_frame){.can_id = (canid_t)strtoul(id + 1, &end, 16)};
	if (*end != '#')
		return false;
	if (end - id == 9)
		frame->can_id |= CAN_EFF_FLAG;
	for (const char *p = end + 1; p[0] > ' ' && frame->len < CAN_MAX_DLEN; p += 2) {
		const char digits[] = {p[0], p[1], '\0'};
		frame->data[frame->len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

static off_t size_of(const char *path)
{
	struct stat s;
	if (stat(path, &s) != 0)
		fail(path);
	return s.st_size;
}

static void wait_for(const char *path, off_t size)
{
	const struct timespec tick = {.tv_nsec = TICK_NS};
	for (int ticks = 0; size_of(path) < size; ticks++) {
		if (ticks == PATIENCE_TICKS) {
			fprintf(stderr, "can-play: %s does not grow to %lld bytes\n", path, (long long)size);
			exit(1);
		}
		nanosleep(&tick, NULL);
	}
}

/* Not interrupted by each frame's receivers: they take a burst at once, which costs them far less. */
static void hurry(void)
{
	const struct sched_param p = {.sched_priority = 1};
	if (sched_setscheduler(0, SCHED_FIFO, &p) != 0)
		fail("SCHED_FIFO");
}

int main(int argc, char **argv)
{
	char line[200];
	struct can_frame frame;
	off_t begin[FILES], sent_bytes = 0;
	unsigned long sent = 0;
	FILE *log = argc > 3 && argc <= 3 + FILES ? fopen(argv[1], "re") : NULL;
	if (!log)
		fail("usage: can-play LOG IFACE FILE...");
	int fd = open_can(argv[2]);
	hurry();
	for (int i = 3; i < argc; i++)
		begin[i - 3] = size_of(argv[i]);
	while (fgets(line, sizeof line, log)) {
		if (!parse(line, &frame))
			continue;
		if (write(fd, &frame, sizeof frame) != sizeof frame)
			fail("cannot send");
		sent_bytes += (off_t)strlen(line);
		if (++sent % BURST == 0)
			for (int i = 3; i < argc; i++)
				wait_for(argv[i], begin[i - 3] + sent_bytes);
	}
	for (int i = 3; i < argc; i++)
		wait_for(argv[i], begin[i - 3] + sent_bytes);
	printf("%lu\n", sent);
	return 0;
}
