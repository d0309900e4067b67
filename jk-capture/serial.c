/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libserialport.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "process.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
	{1200, B1200},     {2400, B2400},     {4800, B4800},       {9600, B9600},       {19200, B19200},
	{38400, B38400},   {57600, B57600},   {115200, B115200},   {230400, B230400},   {460800, B460800},
	{500000, B500000}, {921600, B921600}, {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000},
};

static const speed_t *find_speed(int64_t baud)
{
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].baud == baud)
			return &speeds[i].speed;
	return NULL;
}

bool serial_baud_known(int64_t baud)
{
	return find_speed(baud) != NULL;
}

/* ---- what is said when it fails ---- */

static void say_permission(struct transport *l, const char *path)
{
	struct stat status;
	struct group *group =
		stat(path, &status) == 0 && status.st_mode & S_IRGRP ? getgrgid(status.st_gid) : NULL;
	if (group)
		snprintf(l->reason, sizeof l->reason,
			 "not permitted: add your user to the group %.32s and log in again (usermod -aG "
			 "%.32s USER)",
			 group->gr_name, group->gr_name);
	else
		snprintf(l->reason, sizeof l->reason, "not permitted: only its owner may open it");
}

static enum transport_opening fail(struct transport *l, const char *what, int error)
{
	l->kind->close(l);
	snprintf(l->reason, sizeof l->reason, "%s: %s", what, strerror(error));
	return TRANSPORT_FAILED;
}

static enum transport_opening fail_open(struct transport *l, const char *path, int error)
{
	fail(l, "cannot open", error);
	if (error == ENOENT || error == ENXIO || error == ENODEV)
		snprintf(l->reason, sizeof l->reason, "there is no such device: is the adapter plugged in?");
	else if (error == EACCES || error == EPERM)
		say_permission(l, path);
	else if (error == EBUSY)
		snprintf(l->reason, sizeof l->reason,
			 "busy: another program has it open (fuser -v %.64s tells which)", path);
	return TRANSPORT_FAILED;
}

/* What is no tty will not become one: at the start that is a mistake in the command; later it may pass. */
static enum transport_opening fail_kind(struct transport *l)
{
	if (!l->was_open)
		die(EXIT_USAGE, "%s: this is no serial line (a tty, such as /dev/ttyUSB0)", l->source);
	return fail(l, "cannot open", ENOTTY);
}

static enum transport_opening fail_sp(struct transport *l, const char *what)
{
	enum transport_opening failed = fail(l, what, sp_last_error_code());
	return failed;
}

/* ---- opening ---- */

/* With plain termios: a pty, and whatever libserialport does not know. */
static enum transport_opening configure_termios(struct transport *l)
{
	const struct serial *s = l->opener;
	struct termios t;
	char what[40];
	if (tcgetattr(l->fd, &t) < 0)
		return fail(l, "cannot read its settings", errno);
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS);
	t.c_cflag |= CLOCAL | CREAD | CS8;
	t.c_cc[VMIN] = 1; /* so that a read of nothing is the end and not just no byte */
	t.c_cc[VTIME] = 0;
	snprintf(what, sizeof what, "cannot set %d baud", s->baud);
	if (cfsetspeed(&t, *find_speed(s->baud)) < 0 || tcsetattr(l->fd, TCSANOW, &t) < 0)
		return fail(l, what, errno);
	return TRANSPORT_OPENED;
}

static enum transport_opening configure_sp(struct transport *l)
{
	struct serial *s = l->opener;
	struct termios t;
	char what[40];
	if (sp_set_bits(s->port, 8) != SP_OK || sp_set_parity(s->port, SP_PARITY_NONE) != SP_OK ||
	    sp_set_stopbits(s->port, 1) != SP_OK || sp_set_flowcontrol(s->port, SP_FLOWCONTROL_NONE) != SP_OK)
		return fail_sp(l, "cannot set 8N1");
	snprintf(what, sizeof what, "cannot set %d baud", s->baud);
	if (sp_set_baudrate(s->port, s->baud) != SP_OK)
		return fail_sp(l, what);
	if (tcgetattr(l->fd, &t) < 0)
		return fail(l, "cannot read its settings", errno);
	/* libserialport 0.1.1 looks for this one among the input flags: an adapter of three wires would then never transmit. */
	t.c_cflag &= ~(tcflag_t)CRTSCTS;
	t.c_cc[VMIN] = 1; /* as above */
	t.c_cc[VTIME] = 0;
	return tcsetattr(l->fd, TCSANOW, &t) < 0 ? fail(l, "cannot set raw mode", errno) : TRANSPORT_OPENED;
}

/* The buffers of an adapter that waits 16 ms for more bytes are told not to, where the driver can. */
static void ask_low_latency(int fd)
{
	struct serial_struct settings;
	if (ioctl(fd, TIOCGSERIAL, &settings) < 0)
		return;
	settings.flags |= (int)ASYNC_LOW_LATENCY;
	(void)ioctl(fd, TIOCSSERIAL, &settings);
}

static bool count_overruns(int fd, uint32_t *count)
{
	struct serial_icounter_struct c;
	if (ioctl(fd, TIOCGICOUNT, &c) < 0)
		return false;
	*count = (uint32_t)c.overrun +
		 (uint32_t)c.buf_overrun; /* of 32 bits: they wrap, and so does their difference */
	return true;
}

/* For us alone: the flag keeps other users out, the lock other programs of root. */
static enum transport_opening claim(struct transport *l, const char *path)
{
	if (flock(l->fd, LOCK_EX | LOCK_NB) < 0)
		return fail_open(l, path, errno == EWOULDBLOCK ? EBUSY : errno);
	(void)ioctl(l->fd, TIOCEXCL);
	return TRANSPORT_OPENED;
}

static enum transport_opening open_port(struct transport *l, const char *path)
{
	struct serial *s = l->opener;
	if (sp_get_port_by_name(path, &s->port) == SP_OK) {
		if (sp_open(s->port, SP_MODE_READ_WRITE) != SP_OK)
			return fail_open(l, path, sp_last_error_code());
		sp_get_port_handle(s->port, &l->fd);
	} else {
		s->port = NULL;
		l->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (l->fd < 0)
			return fail_open(l, path, errno);
	}
	if (!isatty(l->fd))
		return fail_kind(l);
	return claim(l, path);
}

static enum transport_opening begin(struct transport *l, int64_t now_us)
{
	struct serial *s = l->opener;
	char path[PATH_MAX];
	struct stat status;
	(void)now_us;
	if (!realpath(s->path, path))
		return fail_open(l, s->path, errno);
	if (stat(path, &status) == 0 && !S_ISCHR(status.st_mode))
		return fail_kind(l);
	enum transport_opening done = open_port(l, path);
	if (done == TRANSPORT_OPENED)
		done = s->port ? configure_sp(l) : configure_termios(l);
	if (done != TRANSPORT_OPENED)
		return done;
	ask_low_latency(l->fd);
	tcflush(l->fd, TCIOFLUSH);
	s->counts = count_overruns(l->fd, &s->overruns);
	return TRANSPORT_OPENED;
}

/* Opening takes one step: there is nothing to wait for. */
static enum transport_opening no_step(struct transport *l, int64_t now_us)
{
	(void)now_us;
	return fail(l, "cannot open", EINVAL);
}

static void received(struct transport *l, int64_t now_us)
{
	struct serial *s = l->opener;
	uint32_t count;
	if (!s->counts || !count_overruns(l->fd, &count) || count == s->overruns)
		return;
	capture_overrun(l->capture, count - s->overruns, now_us);
	s->overruns = count;
}

static void close_port(struct transport *l)
{
	struct serial *s = l->opener;
	if (s->port) {
		sp_close(s->port);
		sp_free_port(s->port);
	} else if (l->fd >= 0) {
		close(l->fd);
	}
	s->port = NULL;
	l->fd = -1;
}

const struct transport_kind serial_kind = {
	.begin = begin,
	.ready = no_step,
	.late = no_step,
	.received = received,
	.close = close_port,
	.gone = "the device is gone",
	.opened = "it is back",
};

void serial_begin(struct serial *s, const char *path, int baud)
{
	*s = (struct serial){.path = path, .baud = baud};
}
