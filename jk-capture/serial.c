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

#include "byte_stream.h"
#include "line_rates.h"
#include "process.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
#define RATE(n) {n, B##n},
	SERIAL_RATES(RATE)
#undef RATE
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

/* ---- why it failed ---- */

static void explain_permission(struct transport *t, const char *path)
{
	struct stat status;
	struct group *group =
		stat(path, &status) == 0 && status.st_mode & S_IRGRP ? getgrgid(status.st_gid) : NULL;
	if (group)
		snprintf(t->reason, sizeof t->reason,
			 "not permitted: add your user to the group %.32s and log in again (usermod -aG "
			 "%.32s USER)",
			 group->gr_name, group->gr_name);
	else
		snprintf(t->reason, sizeof t->reason, "not permitted: only its owner may open it");
}

static enum transport_opening fail(struct transport *t, const char *what, int error)
{
	t->kind->close(t);
	snprintf(t->reason, sizeof t->reason, "%s: %s", what, strerror(error));
	return TRANSPORT_FAILED;
}

static enum transport_opening fail_open(struct transport *t, const char *path, int error)
{
	fail(t, "cannot open", error);
	if (error == ENOENT || error == ENXIO || error == ENODEV)
		snprintf(t->reason, sizeof t->reason, "no such device: is the adapter plugged in?");
	else if (error == EACCES || error == EPERM)
		explain_permission(t, path);
	else if (error == EBUSY)
		snprintf(t->reason, sizeof t->reason,
			 "busy: another program has it open (fuser -v %.64s shows which)", path);
	return TRANSPORT_FAILED;
}

/*
 * Not a tty: at the start that is a mistake in the command and ends the program; later the path may become
 * one again.
 */
static enum transport_opening fail_kind(struct transport *t)
{
	if (!t->was_open)
		die(EXIT_USAGE, "%s: not a serial line (a tty, such as /dev/ttyUSB0)", t->source);
	return fail(t, "cannot open", ENOTTY);
}

static enum transport_opening fail_sp(struct transport *t, const char *what)
{
	return fail(t, what, sp_last_error_code());
}

/* ---- opening ---- */

/* With plain termios: a pty, or a tty that libserialport does not know. */
static enum transport_opening configure_termios(struct transport *t)
{
	const struct serial *s = t->opener;
	struct termios tty;
	char what[40];
	if (tcgetattr(t->fd, &tty) < 0)
		return fail(t, "cannot read its settings", errno);
	cfmakeraw(&tty);
	tty.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS);
	tty.c_cflag |= CLOCAL | CREAD | CS8;
	tty.c_cc[VMIN] = 1; /* so that a read of 0 bytes is the end, not just no byte yet */
	tty.c_cc[VTIME] = 0;
	snprintf(what, sizeof what, "cannot set %d baud", s->baud);
	if (cfsetspeed(&tty, *find_speed(s->baud)) < 0 || tcsetattr(t->fd, TCSANOW, &tty) < 0)
		return fail(t, what, errno);
	return TRANSPORT_OPENED;
}

static enum transport_opening configure_sp(struct transport *t)
{
	struct serial *s = t->opener;
	struct termios tty;
	char what[40];
	if (sp_set_bits(s->port, 8) != SP_OK || sp_set_parity(s->port, SP_PARITY_NONE) != SP_OK ||
	    sp_set_stopbits(s->port, 1) != SP_OK || sp_set_flowcontrol(s->port, SP_FLOWCONTROL_NONE) != SP_OK)
		return fail_sp(t, "cannot set 8N1");
	snprintf(what, sizeof what, "cannot set %d baud", s->baud);
	if (sp_set_baudrate(s->port, s->baud) != SP_OK)
		return fail_sp(t, what);
	if (tcgetattr(t->fd, &tty) < 0)
		return fail(t, "cannot read its settings", errno);
	/*
	 * libserialport 0.1.1 looks for it in the input flags; left set, an adapter with three wires never
	 * transmits.
	 */
	tty.c_cflag &= ~(tcflag_t)CRTSCTS;
	tty.c_cc[VMIN] = 1; /* as above */
	tty.c_cc[VTIME] = 0;
	return tcsetattr(t->fd, TCSANOW, &tty) < 0 ? fail(t, "cannot set raw mode", errno) : TRANSPORT_OPENED;
}

/* Some adapters hold bytes back for 16 ms to gather more.  Where the driver can, it makes them stop that. */
static void set_low_latency(int fd)
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
	*count =
		(uint32_t)c.overrun + (uint32_t)c.buf_overrun; /* wraps at 32 bits, as differences of it do */
	return true;
}

/* Exclusive use: the flag keeps other users out, the lock other programs of root. */
static enum transport_opening claim(struct transport *t, const char *path)
{
	if (flock(t->fd, LOCK_EX | LOCK_NB) < 0)
		return fail_open(t, path, errno == EWOULDBLOCK ? EBUSY : errno);
	(void)ioctl(t->fd, TIOCEXCL);
	return TRANSPORT_OPENED;
}

static enum transport_opening open_port(struct transport *t, const char *path)
{
	struct serial *s = t->opener;
	if (sp_get_port_by_name(path, &s->port) == SP_OK) {
		if (sp_open(s->port, SP_MODE_READ_WRITE) != SP_OK)
			return fail_open(t, path, sp_last_error_code());
		sp_get_port_handle(s->port, &t->fd);
	} else {
		s->port = NULL;
		t->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (t->fd < 0)
			return fail_open(t, path, errno);
	}
	if (!isatty(t->fd))
		return fail_kind(t);
	return claim(t, path);
}

static enum transport_opening begin(struct transport *t, int64_t now_us)
{
	struct serial *s = t->opener;
	char path[PATH_MAX];
	struct stat status;
	(void)now_us;
	if (!realpath(s->path, path))
		return fail_open(t, s->path, errno);
	if (stat(path, &status) == 0 && !S_ISCHR(status.st_mode))
		return fail_kind(t);
	enum transport_opening done = open_port(t, path);
	if (done == TRANSPORT_OPENED)
		done = s->port ? configure_sp(t) : configure_termios(t);
	if (done != TRANSPORT_OPENED)
		return done;
	set_low_latency(t->fd);
	tcflush(t->fd, TCIOFLUSH);
	s->counts = count_overruns(t->fd, &s->overruns);
	return TRANSPORT_OPENED;
}

/* Opening takes one step, so this is never called. */
static enum transport_opening no_step(struct transport *t, int64_t now_us)
{
	(void)now_us;
	return fail(t, "cannot open", EINVAL);
}

static void report_overruns(struct transport *t, int64_t now_us)
{
	struct serial *s = t->opener;
	uint32_t count;
	if (!s->counts || !count_overruns(t->fd, &count) || count == s->overruns)
		return;
	capture_overrun(t->capture, count - s->overruns, now_us);
	s->overruns = count;
}

static ssize_t read_port(struct transport *t, int64_t now_us)
{
	ssize_t n = byte_stream_read(t, now_us);
	if (n > 0)
		report_overruns(t, now_us);
	return n;
}

static void close_port(struct transport *t)
{
	struct serial *s = t->opener;
	if (s->port) {
		sp_close(s->port);
		sp_free_port(s->port);
	} else if (t->fd >= 0) {
		close(t->fd);
	}
	s->port = NULL;
	t->fd = -1;
}

const struct transport_kind serial_kind = {
	.begin = begin,
	.ready = no_step,
	.late = no_step,
	.read = read_port,
	.write = byte_stream_write,
	.close = close_port,
	.gone = "the device is gone",
	.opened = "it is back",
};

void serial_begin(struct serial *s, const char *path, int baud)
{
	*s = (struct serial){.path = path, .baud = baud};
}
