/* SPDX-License-Identifier: MIT */
#include "can_link.h"

#include <errno.h>
#include <fcntl.h>
#include <libsocketcan.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RESTART_MS = 100 }; /* after bus-off */

static const enum can_condition conditions[] = {
	[CAN_STATE_ERROR_ACTIVE] = CAN_ACTIVE,   [CAN_STATE_ERROR_WARNING] = CAN_WARNING,
	[CAN_STATE_ERROR_PASSIVE] = CAN_PASSIVE, [CAN_STATE_BUS_OFF] = CAN_BUS_OFF,
	[CAN_STATE_STOPPED] = CAN_STOPPED,       [CAN_STATE_SLEEPING] = CAN_STOPPED,
};

/* ---- libsocketcan writes what goes wrong to stderr, which is ours ---- */

static int silence(void)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (saved >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	return saved;
}

static void end_silence(int saved)
{
	int error = errno;
	if (saved >= 0) {
		dup2(saved, STDERR_FILENO);
		close(saved);
	}
	errno = error;
}

/* ---- what it is ---- */

/* One request about the interface; false if it fails. */
static bool look(const char *interface, unsigned long request, struct ifreq *answer)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*answer = (struct ifreq){0};
	memcpy(answer->ifr_name, interface, strnlen(interface, CAN_LINK_NAME_MAX));
	bool done = fd >= 0 && ioctl(fd, request, answer) == 0;
	if (fd >= 0)
		close(fd);
	return done;
}

bool can_link_exists(const char *interface)
{
	struct ifreq answer;
	return look(interface, SIOCGIFFLAGS, &answer);
}

bool can_link_is_can(const char *interface)
{
	struct ifreq answer;
	return look(interface, SIOCGIFHWADDR, &answer) && answer.ifr_hwaddr.sa_family == ARPHRD_CAN;
}

bool can_link_is_up(const char *interface)
{
	struct ifreq answer;
	return look(interface, SIOCGIFFLAGS, &answer) && answer.ifr_flags & IFF_UP;
}

bool can_link_state(const char *interface, enum can_condition *condition, unsigned *tx, unsigned *rx)
{
	struct can_berr_counter counters = {0};
	int state = -1, saved = silence();
	bool known = can_get_state(interface, &state) == 0 && state >= 0 &&
		     (size_t)state < sizeof conditions / sizeof *conditions;
	if (!known || can_get_berr_counter(interface, &counters) != 0) /* few drivers have them */
		counters = (struct can_berr_counter){0};
	end_silence(saved);
	if (!known)
		return false;
	*condition = conditions[state];
	*tx = counters.txerr;
	*rx = counters.rxerr;
	return true;
}

/* ---- its bit rate ---- */

struct settings {
	bool up, has_controller;
	uint32_t bitrate; /* 0: not set */
};

static struct settings read_settings(const char *interface)
{
	struct can_bittiming timing = {0};
	int state;
	struct settings s = {.up = can_link_is_up(interface),
			     .has_controller = can_get_state(interface, &state) == 0};
	if (s.has_controller && can_get_bittiming(interface, &timing) == 0)
		s.bitrate = timing.bitrate;
	return s;
}

/* slcan has no restart-ms, and older ones no bit rate that can be set. */
static bool done_or_unsupported(int result)
{
	return result == 0 || errno == EOPNOTSUPP;
}

/* Returns what failed, with errno; NULL: it is done. */
static const char *set_up(const char *interface, const struct settings *s, uint32_t bitrate)
{
	if (!s->has_controller || bitrate == 0)
		return NULL;
	if (!done_or_unsupported(can_set_bitrate(interface, bitrate)))
		return "cannot set the bit rate";
	return done_or_unsupported(can_set_restart_ms(interface, RESTART_MS)) ? NULL
									      : "cannot set restart-ms";
}

/* The same.  What cannot be set leaves the interface as it was. */
static const char *apply(const char *interface, const struct settings *s, uint32_t bitrate)
{
	if (s->up && can_do_stop(interface) != 0)
		return "cannot take it down";
	const char *wrong = set_up(interface, s, bitrate);
	int error = errno;
	if (wrong && !s->up)
		return wrong;
	if (can_do_start(interface) != 0 && !wrong)
		return "cannot bring it up";
	errno = error;
	return wrong;
}

static bool is_permission(int error)
{
	return error == EPERM || error == EACCES;
}

static void explain(const char *interface, const struct settings *s, uint32_t bitrate, const char *what,
		    int error, char *reason, size_t size)
{
	if (!is_permission(error) && bitrate == 0)
		snprintf(reason, size, "%s: %s", what, strerror(error));
	else if (!is_permission(error))
		snprintf(reason, size, "%s (%u bit/s): %s", what, (unsigned)bitrate, strerror(error));
	else if (!s->has_controller || bitrate == 0)
		snprintf(reason, size, "not permitted to bring it up; as root: ip link set %s up", interface);
	else if (s->up)
		snprintf(reason, size,
			 "runs at %u bit/s, not %u; as root: ip link set %s down; ip link set %s up type can "
			 "bitrate %u restart-ms %d",
			 (unsigned)s->bitrate, (unsigned)bitrate, interface, interface, (unsigned)bitrate,
			 RESTART_MS);
	else
		snprintf(reason, size,
			 "not permitted to bring it up; as root: ip link set %s up type can bitrate %u "
			 "restart-ms %d",
			 interface, (unsigned)bitrate, RESTART_MS);
}

static bool is_right(const struct settings *s, uint32_t bitrate)
{
	return s->up && (bitrate == 0 || s->bitrate == 0 || s->bitrate == bitrate);
}

bool can_link_up(const char *interface, uint32_t bitrate, struct can_refusal *refusal, char *reason,
		 size_t size)
{
	int saved = silence();
	struct settings s = read_settings(interface);
	const char *wrong = NULL;
	unsigned index = if_nametoindex(interface);
	bool again = s.up && refusal->index != 0 && refusal->index == index;
	int error = refusal->error;
	if (is_right(&s, bitrate)) {
		again = false;
	} else if (again) {
		wrong = "cannot set the bit rate";
	} else {
		wrong = apply(interface, &s, bitrate);
		error = errno;
	}
	end_silence(saved);
	again = again || (wrong && s.up && !is_permission(error));
	*refusal = again ? (struct can_refusal){index, error} : (struct can_refusal){0};
	if (wrong)
		explain(interface, &s, bitrate, wrong, error, reason, size);
	return !wrong;
}

bool can_link_again(const char *interface, uint32_t bitrate, char *reason, size_t size)
{
	int saved = silence();
	struct settings s = read_settings(interface);
	const char *wrong = apply(interface, &s, bitrate);
	int error = errno;
	end_silence(saved);
	if (!wrong)
		return true;
	if (is_permission(error))
		snprintf(reason, size,
			 "not permitted to restart it; as root: ip link set %s down; ip link set %s up",
			 interface, interface);
	else
		explain(interface, &s, bitrate, wrong, error, reason, size);
	return false;
}

bool can_link_restarts(const char *interface)
{
	uint32_t restart_ms = 0;
	int saved = silence();
	bool known = can_get_restart_ms(interface, &restart_ms) == 0;
	end_silence(saved);
	return known && restart_ms > 0;
}

int can_link_watch(void)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

void can_link_changed(int fd)
{
	char report[8192]; /* what does not fit is cut: the content is of no interest */
	while (recv(fd, report, sizeof report, 0) >= 0 || errno == EINTR || errno == ENOBUFS)
		;
}
