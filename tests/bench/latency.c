/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "jk_frame.h"
#include "modbus.h"

/*
 * latency BUILD: a gateway on loopback, behind it jk-capture | jk-decode.
 * 1. From the last byte of an acknowledgement at the socket to the record on jk-decode's stdout.
 * 2. What listening costs of a processor while the line is full: 11520 bytes a second, in pieces of 32.
 */

enum { EXCHANGES = 2000, PIECE = 32, LINE_RATE = 11520, FULL_SECONDS = 10 };

static uint8_t message[FRAME_SIZE + 8];

/* A live frame without cells, which agrees with itself, and its acknowledgement. */
static void make_message(void)
{
	memcpy(message, jk_frame_magic, JK_FRAME_MAGIC_SIZE);
	message[JK_FRAME_TYPE_OFFSET] = FRAME_LIVE;
	unsigned sum = 0;
	for (int i = 0; i < FRAME_SIZE - 1; i++)
		sum += message[i];
	message[FRAME_SIZE - 1] = (uint8_t)sum;
	const uint8_t ack[] = {1, 0x10, 0x16, 0x20, 0, 1};
	memcpy(message + FRAME_SIZE, ack, sizeof ack);
	uint16_t crc = modbus_crc(ack, sizeof ack);
	message[FRAME_SIZE + 6] = (uint8_t)crc;
	message[FRAME_SIZE + 7] = (uint8_t)(crc >> 8);
}

static pid_t start(const char *build, const char *program, const char *argument, int in, int out, int spare)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", build, program);
	pid_t child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		if (spare >= 0)
			close(spare);
		execl(path, program, argument, (char *)NULL);
		fail(path);
	}
	return child;
}

static int listen_on_loopback(char *source, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		fail("listen");
	snprintf(source, size, "tcp:127.0.0.1:%d", ntohs(a.sin_port));
	return fd;
}

static void wait_for_record(int records)
{
	char buffer[65536];
	for (;;) {
		ssize_t n = read(records, buffer, sizeof buffer);
		if (n <= 0)
			fail("read records");
		for (char *p = buffer, *end; (end = memchr(p, '\n', (size_t)(buffer + n - p))) != NULL;
		     p = end + 1)
			if (memmem(p, (size_t)(end - p), "\"type\":\"live\"", 13))
				return;
	}
}

static void measure_latency(int wire, int records)
{
	static double took[EXCHANGES];
	for (int i = 0; i < EXCHANGES; i++) {
		if (write(wire, message, sizeof message - 1) < 0)
			fail("write");
		sleep_until(now_s() +
			    0.002); /* the frame is there, only its acknowledgement's last byte is missing */
		double begin = now_s();
		if (write(wire, message + sizeof message - 1, 1) < 0)
			fail("write");
		wait_for_record(records);
		took[i] = now_s() - begin;
	}
	qsort(took, EXCHANGES, sizeof *took, ascending);
	printf("from the last byte to the record: median %.3f ms, 99th percentile %.3f ms, worst %.3f ms of "
	       "%d\n",
	       took[EXCHANGES / 2] * 1e3, took[EXCHANGES * 99 / 100] * 1e3, took[EXCHANGES - 1] * 1e3,
	       EXCHANGES);
}

static void fill_line(int wire, int records)
{
	double begin = now_s();
	size_t at = 0;
	for (int i = 0; i < FULL_SECONDS * LINE_RATE / PIECE; i++) {
		uint8_t piece[PIECE];
		char buffer[65536];
		for (int k = 0; k < PIECE; k++)
			piece[k] = message[at++ % sizeof message];
		if (write(wire, piece, sizeof piece) < 0)
			fail("write");
		struct pollfd ready = {.fd = records, .events = POLLIN};
		while (poll(&ready, 1, 0) > 0)
			if (read(records, buffer, sizeof buffer) <= 0)
				fail("read");
		sleep_until(begin + (double)(i + 1) * PIECE / LINE_RATE);
	}
}

static double cost(pid_t child, const char *name)
{
	struct rusage used;
	int status;
	if (wait4(child, &status, 0, &used) < 0)
		fail("wait");
	double s = cpu_s(&used);
	printf("%s: %.3f s of processor time, peak %ld kB resident\n", name, s, used.ru_maxrss);
	return s;
}

/* Runs the pipeline, and what is done with it; returns its processor seconds. */
static double run(const char *build, void (*work)(int wire, int records))
{
	char source[64];
	int frames[2], records[2];
	int gateway = listen_on_loopback(source, sizeof source);
	if (pipe(frames) < 0 || pipe(records) < 0)
		fail("pipe");
	pid_t capture = start(build, "jk-capture", source, STDIN_FILENO, frames[1], records[0]);
	pid_t decode = start(build, "jk-decode", NULL, frames[0], records[1], frames[1]);
	close(frames[0]);
	close(frames[1]);
	close(records[1]);
	int wire = accept4(gateway, NULL, NULL, SOCK_CLOEXEC);
	int one = 1;
	setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	work(wire, records[0]);
	kill(capture, SIGTERM);
	double s = cost(capture, "jk-capture");
	close(records[0]);
	s += cost(decode, "jk-decode");
	close(wire);
	close(gateway);
	return s;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 100;
	make_message();
	setvbuf(stdout, NULL, _IOLBF, 0);
	run(argv[1], measure_latency);
	double s = run(argv[1], fill_line);
	printf("listening to a full line: %.2f %% of a processor, both programs\n", 100 * s / FULL_SECONDS);
	return 0;
}
