/* SPDX-License-Identifier: MIT */
#include "can_port.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_ROOM = 96 };

static const int64_t log_starts_s = 1763856000; /* if it is not written in real time */

static void open_interface(struct can_port *p, const char *name)
{
	struct sockaddr_can at = {.can_family = AF_CAN};
	struct ifreq request = {0};
	if (strlen(name) == 0 || strlen(name) >= sizeof(request.ifr_name)) {
		errno = ENODEV;
		config_fail("cannot open the CAN interface", p->config->can.path);
	}
	memcpy(request.ifr_name, name, strlen(name));
	p->fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
	if (p->fd < 0)
		config_fail("cannot open a CAN socket (does this kernel have CAN?)", p->config->can.path);
	if (ioctl(p->fd, SIOCGIFINDEX, &request) != 0)
		config_fail("cannot find the CAN interface", p->config->can.path);
	at.can_ifindex = request.ifr_ifindex;
	/* Nothing is received: a queue that nobody empties is no use. */
	if (setsockopt(p->fd, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0) != 0 ||
	    bind(p->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		config_fail("cannot bind to the CAN interface", p->config->can.path);
}

static bool is_fifo(const char *path)
{
	struct stat s;
	return stat(path, &s) == 0 && S_ISFIFO(s.st_mode);
}

void can_port_open(struct can_port *p, const struct config *c)
{
	struct timespec now;
	*p = (struct can_port){.config = c, .fd = -1, .zero_us = log_starts_s * 1000000};
	if (config_paced(c)) {
		if (clock_gettime(CLOCK_REALTIME, &now) < 0)
			abort();
		p->zero_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	}
	if (c->can.interface != NULL) {
		open_interface(p, c->can.interface);
		return;
	}
	if (config_paced(c) && is_fifo(c->can.path))
		return;
	p->file = strcmp(c->can.path, "-") == 0 ? stdout : fopen(c->can.path, "we");
	if (p->file == NULL)
		config_fail("cannot open", c->can.path);
}

static void failed(const struct can_port *p)
{
	if (errno == EINTR)
		_exit(0); /* stopped while the reader of the file no longer reads */
	config_fail("cannot write", p->config->can.path);
}

void can_port_close(struct can_port *p)
{
	if (p->file != NULL && fclose(p->file) != 0)
		failed(p);
	if (p->fd >= 0)
		close(p->fd);
}

void can_port_flush(struct can_port *p)
{
	if (p->file != NULL && fflush(p->file) != 0)
		failed(p);
}

static char *digits(char *to, uint64_t value, int count, unsigned int base)
{
	for (int i = count; i-- > 0; value /= base)
		to[i] = "0123456789ABCDEF"[value % base];
	return to + count;
}

static size_t line_of(const struct can_port *p, int64_t t_us, const struct can_message *m,
		      char line[LINE_ROOM])
{
	const char *channel = p->config->can.channel;
	uint64_t us = (uint64_t)(p->zero_us + t_us);
	char *at = line;
	*at++ = '(';
	at = digits(at, us / 1000000, 10, 10);
	*at++ = '.';
	at = digits(at, us % 1000000, 6, 10);
	*at++ = ')';
	*at++ = ' ';
	memcpy(at, channel, strlen(channel));
	at += strlen(channel);
	*at++ = ' ';
	at = digits(at, m->id, m->extended ? 8 : 3, 16);
	*at++ = '#';
	for (size_t i = 0; i < m->n; i++)
		at = digits(at, m->data[i], 2, 16);
	*at++ = '\n';
	return (size_t)(at - line);
}

/* Whole lines only: they are shorter than what a pipe takes at once. */
static bool write_fifo(struct can_port *p, const char *line, size_t n)
{
	if (p->fd < 0)
		p->fd = open(p->config->can.path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return false;
	if (write(p->fd, line, n) >= 0)
		return true;
	if (errno != EAGAIN && errno != EINTR) {
		close(p->fd);
		p->fd = -1;
	}
	return false;
}

static bool write_interface(const struct can_port *p, const struct can_message *m)
{
	struct can_frame frame = {.can_id = m->id | (m->extended ? CAN_EFF_FLAG : 0), .can_dlc = m->n};
	if (m->id & CAN_ERROR_FRAME)
		frame.can_id = m->id;
	memcpy(frame.data, m->data, m->n);
	if (write(p->fd, &frame, sizeof(frame)) >= 0)
		return true;
	if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
		config_fail("cannot write", p->config->can.path);
	return false;
}

bool can_port_write(struct can_port *p, int64_t t_us, const struct can_message *m)
{
	char line[LINE_ROOM];
	if (p->config->can.interface != NULL)
		return write_interface(p, m);
	size_t n = line_of(p, t_us, m, line);
	if (p->file == NULL)
		return write_fifo(p, line, n);
	if (fwrite(line, 1, n, p->file) != n)
		failed(p);
	return true;
}
