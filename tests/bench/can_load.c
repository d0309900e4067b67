/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/can.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/*
 * can_load BUILD BUS LOG RATE: what jk-capture and jk-decode cost of a processor while the frames of LOG, as
 * candump -L writes them, come at RATE a second, each at its own moment.  BUS is tests/e2e/can-bus.c, to be
 * preloaded: the frames go through a pair of sockets, and jk-capture receives them as those of CAN.
 */

enum { FRAMES_MAX = 20000, SECONDS = 20, BUS_FD = 9 };

static struct can_frame frames[FRAMES_MAX];

/* "(TIME) CHANNEL ID#DATA": data frames only. */
static size_t read_log(const char *path)
{
	char line[200];
	size_t count = 0;
	FILE *f = fopen(path, "r");
	if (!f)
		fail(path);
	while (count < FRAMES_MAX && fgets(line, sizeof line, f)) {
		char *data = strchr(line, '#'), *id = strrchr(line, ' ');
		if (!data || !id || data < id)
			continue;
		struct can_frame *frame = &frames[count++];
		frame->can_id = (canid_t)strtoul(id + 1, NULL, 16);
		if (data - id > 4) /* 3 digits are a standard id */
			frame->can_id |= CAN_EFF_FLAG;
		for (data++; frame->can_dlc < CAN_MAX_DLEN && data[0] > ' ' && data[1] > ' '; data += 2) {
			char byte[] = {data[0], data[1], '\0'};
			frame->data[frame->can_dlc++] = (uint8_t)strtoul(byte, NULL, 16);
		}
	}
	fclose(f);
	if (count == 0)
		fail(path);
	return count;
}

static pid_t start(const char *build, const char *program, const char *argument, int in, int out)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", build, program);
	pid_t child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		execl(path, program, argument, (char *)NULL);
		fail(path);
	}
	return child;
}

static double ended(pid_t child)
{
	struct rusage used;
	int status;
	if (wait4(child, &status, 0, &used) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("a program has failed");
	return cpu_s(&used);
}

static void send_frames(int bus, size_t count, unsigned rate)
{
	double begin = now_s();
	for (unsigned i = 0; i < SECONDS * rate; i++) {
		sleep_until(begin + (double)i / rate);
		if (send(bus, &frames[i % count], sizeof *frames, 0) < 0)
			fail("send");
	}
}

/* How many records there are. */
static unsigned long records_of(int fd)
{
	static char buffer[65536];
	unsigned long lines = 0;
	for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
		for (char *p = buffer; (p = memchr(p, '\n', (size_t)(buffer + n - p))) != NULL; p++)
			lines++;
	return lines;
}

int main(int argc, char **argv)
{
	int bus[2], lines[2];
	if (argc != 5)
		return 100;
	unsigned rate = (unsigned)strtoul(argv[4], NULL, 10);
	size_t count = read_log(argv[3]);
	FILE *records = tmpfile();
	if (!records || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, bus) < 0 ||
	    pipe2(lines, O_CLOEXEC) < 0)
		fail("sockets");
	pid_t decode = start(argv[1], "jk-decode", "-", lines[0], fileno(records));
	close(lines[0]);
	dup2(bus[0], BUS_FD);
	close(bus[0]);
	setenv("CAN_FD", "9", 1);
	setenv("LD_PRELOAD", argv[2], 1);
	pid_t capture = start(argv[1], "jk-capture", "can:can0", STDIN_FILENO, lines[1]);
	close(lines[1]);
	close(BUS_FD);
	send_frames(bus[1], count, rate);
	sleep_until(now_s() + 0.2);
	kill(capture, SIGTERM);
	double captured_s = ended(capture), decoded_s = ended(decode);
	lseek(fileno(records), 0, SEEK_SET);
	printf("CAN, %u frames a second: jk-capture %.2f %% of a core, jk-decode %.2f %%, together %.2f %%; "
	       "%lu records of %u frames\n",
	       rate, 100 * captured_s / SECONDS, 100 * decoded_s / SECONDS,
	       100 * (captured_s + decoded_s) / SECONDS, records_of(fileno(records)), SECONDS * rate);
	return 0;
}
