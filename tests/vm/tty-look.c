/* SPDX-License-Identifier: MIT */
/*
 * tty-look: shows what the kernel knows of a serial line (no tool of busybox does), and tries a CAN
 * interface.
 *
 *     tty-look counts DEVICE  the driver's counters: "rx=N tx=N frame=N overrun=N parity=N break=N buffer=N"
 *     tty-look flags DEVICE   "low_latency" if the driver delivers at once, "exclusive" if it does not share
 *     tty-look can IFACE      sends a frame through one raw socket and prints what another one received
 *
 * Exit status 111 if the kernel refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/serial.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "tty-look: %s: %s\n", what, strerror(errno));
	exit(111);
}

static int open_tty(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

static void show_counts(const char *path)
{
	struct serial_icounter_struct c;
	if (ioctl(open_tty(path), TIOCGICOUNT, &c) != 0)
		fail("TIOCGICOUNT");
	printf("rx=%d tx=%d frame=%d overrun=%d parity=%d break=%d buffer=%d\n", c.rx, c.tx, c.frame,
	       c.overrun, c.parity, c.brk, c.buf_overrun);
}

static void show_flags(const char *path)
{
	struct serial_struct serial;
	int exclusive = 0, fd = open_tty(path);
	if (ioctl(fd, TIOCGSERIAL, &serial) != 0)
		fail("TIOCGSERIAL");
	if (ioctl(fd, TIOCGEXCL, &exclusive) != 0)
		fail("TIOCGEXCL");
	printf("%s %s\n", serial.flags & (int)ASYNC_LOW_LATENCY ? "low_latency" : "-",
	       exclusive ? "exclusive" : "-");
}

static int open_can(const char *name)
{
	struct sockaddr_can at = {.can_family = AF_CAN, .can_ifindex = (int)if_nametoindex(name)};
	int fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
	if (fd < 0 || at.can_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
		fail(name);
	return fd;
}

/* The example of a cell voltage frame in jk-frame(5). */
static void show_can(const char *name)
{
	struct can_frame sent = {.can_id = 0x2f4, .len = 8, .data = {0x13, 0x02, 0xb2, 0x0f, 0x51}},
			 got = {0};
	int out = open_can(name), in = open_can(name);
	struct pollfd wait = {.fd = in, .events = POLLIN};
	if (write(out, &sent, sizeof sent) != sizeof sent)
		fail("cannot send");
	if (poll(&wait, 1, 10000) != 1 || read(in, &got, sizeof got) != sizeof got)
		fail("cannot receive");
	printf("%03X#", got.can_id);
	for (int i = 0; i < got.len && i < CAN_MAX_DLEN; i++)
		printf("%02X", got.data[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*show)(const char *what);
	} rows[] = {{"counts", show_counts}, {"flags", show_flags}, {"can", show_can}};
	for (size_t i = 0; argc == 3 && i < sizeof rows / sizeof *rows; i++)
		if (strcmp(argv[1], rows[i].name) == 0) {
			rows[i].show(argv[2]);
			return 0;
		}
	fputs("usage: tty-look counts DEVICE | flags DEVICE | can IFACE\n", stderr);
	return 100;
}
