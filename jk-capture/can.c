/* SPDX-License-Identifier: MIT */
#include "can.h"

#include <errno.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "can_link.h"
#include "can_text.h"
#include "process.h"

enum {
	BATCH = 64,
	BATCHES_MAX = 16, /* of one read, so that stdout is not left waiting */
	ERRORS_MAX = 4,   /* of one read, too */
	RECEIVE_BYTES = 1 << 20,
	/* Meanwhile some 200 empty frames arrive at 1 Mbit/s; a receive buffer of 212,992 bytes has room for
	 * more than 500. */
	REST_US = 10000,
	TEXT_MAX = 160, /* an id, 64 bytes of CAN FD and what is between them */
};

_Static_assert(sizeof(struct can_pass) == sizeof(struct can_filter) && sizeof(canid_t) == sizeof(uint32_t) &&
		       CAN_FILTERS_MAX == CAN_RAW_FILTER_MAX,
	       "can_filter.h has what the kernel takes");

/* ---- opening ---- */

static void close_socket(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static enum transport_opening fail(struct transport *t, const char *what)
{
	snprintf(t->reason, sizeof t->reason, "%s: %s", what, strerror(errno));
	close_socket(t);
	return TRANSPORT_FAILED;
}

static void set(int fd, int level, int name, int value)
{
	/* It works without, too: old kernels do not have all of these. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

static void set_options(int fd)
{
	int size = RECEIVE_BYTES;
	set(fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, CAN_ERR_MASK);
	set(fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1);
	set(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
	set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, size); /* up to net.core.rmem_max */
}

/* From the first frame of a pack on. */
static void filter(struct transport *t)
{
	struct can *c = t->opener;
	static struct can_pass filters[CAN_FILTERS_MAX];
	size_t count = can_filter(&c->choice, filters);
	c->filtered = true;
	if (!c->choice.all &&
	    setsockopt(t->fd, SOL_CAN_RAW, CAN_RAW_FILTER, filters, (socklen_t)(count * sizeof *filters)) <
		    0 &&
	    log_allowed(&c->log))
		log_line("%s: cannot filter, and shows all frames: %s", t->source, strerror(errno));
}

static void stop_watching(struct can *c)
{
	if (c->watch >= 0)
		close(c->watch);
	c->watch = -1;
}

static enum transport_opening bind_socket(struct transport *t)
{
	struct can *c = t->opener;
	struct sockaddr_can at = {.can_family = AF_CAN, .can_ifindex = (int)if_nametoindex(c->interface)};
	c->index = (unsigned)at.can_ifindex;
	if (at.can_ifindex == 0) /* it has gone meanwhile */
		return fail(t, "cannot find the interface");
	if (c->recognised)
		filter(t);
	if (bind(t->fd, (struct sockaddr *)&at, sizeof at) < 0)
		return fail(t, "cannot open");
	stop_watching(c);
	return TRANSPORT_OPENED;
}

/* Not CAN: at the start that is a mistake in the command; later the name may be that of CAN again. */
static enum transport_opening fail_kind(struct transport *t)
{
	if (!t->was_open)
		die(EXIT_USAGE, "%s: not a CAN interface (ip -details link show type can)", t->source);
	errno = ENODEV;
	return fail(t, "not a CAN interface");
}

static enum transport_opening begin(struct transport *t, int64_t now_us)
{
	struct can *c = t->opener;
	(void)now_us;
	c->dropped = 0;
	c->filtered = false;
	t->fd = socket(PF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
	if (t->fd < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		die(EXIT_USAGE,
		    "%s: this kernel has no CAN (AF_CAN): load its module can_raw, or use a kernel "
		    "that has it",
		    t->source);
	if (t->fd < 0)
		return fail(t, "cannot open");
	set_options(t->fd);
	if (c->watch < 0) /* from before the look on, so that no change is missed */
		c->watch = can_link_watch();
	if (!can_link_exists(c->interface)) {
		close_socket(t);
		snprintf(t->reason, sizeof t->reason, "no such interface: is the adapter plugged in?");
		return TRANSPORT_FAILED;
	}
	if (!can_link_is_can(c->interface))
		return fail_kind(t);
	if (c->bitrate && !can_link_up(c->interface, c->bitrate, &c->refusal, t->reason, sizeof t->reason)) {
		close_socket(t);
		return TRANSPORT_FAILED;
	}
	return bind_socket(t);
}

static enum transport_opening no_step(struct transport *t, int64_t now_us)
{
	(void)now_us;
	errno = ETIMEDOUT;
	return fail(t, "cannot open");
}

/* ---- what is received ---- */

static void put_event(void *context, const char *words, int64_t time_us)
{
	struct can *c = context;
	capture_event_at(c->capture, "can", words, time_us);
}

/* After !open: the state, if the interface reports one. */
static void opened(struct transport *t, int64_t now_us)
{
	struct can *c = t->opener;
	enum can_condition condition;
	unsigned tx, rx;
	c->capture = t->capture;
	can_errors_begin(&c->errors, put_event, c);
	c->errors.stateless = !can_link_state(c->interface, &condition, &tx, &rx);
	if (!c->errors.stateless && condition != CAN_STOPPED)
		can_errors_state(&c->errors, condition, tx, rx, capture_real_us(t->capture));
	c->recovery = (struct can_recovery){.source = t->source,
					    .interface = c->interface,
					    .bitrate = c->bitrate,
					    .errors = &c->errors,
					    .control = &can_control_link,
					    .refusal = &c->refusal};
	can_recovery_begin(&c->recovery, now_us);
}

struct received {
	const struct canfd_frame *frame;
	bool fd;
	int64_t time_us;
	uint32_t dropped; /* as counted by the kernel when it came */
};

static void read_control(struct msghdr *m, struct received *r)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timeval time;
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SO_TIMESTAMP) {
			memcpy(&time, CMSG_DATA(c), sizeof time);
			r->time_us = time.tv_sec * INT64_C(1000000) + time.tv_usec;
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&r->dropped, CMSG_DATA(c), sizeof r->dropped);
		}
	}
}

static void put_dropped(struct can *c, uint32_t dropped, int64_t time_us)
{
	uint32_t more = dropped - c->dropped; /* the count may wrap */
	c->dropped = dropped;
	if (more > 0)
		capture_frames_lost(c->capture, more, time_us);
}

static enum can_heard heard_as(const struct canfd_frame *frame, bool fd)
{
	static const enum can_heard kinds[] = {[CAN_SENDER_PACK] = CAN_HEARD_PACK,
					       [CAN_SENDER_INVERTER] = CAN_HEARD_INVERTER,
					       [CAN_SENDER_OTHER] = CAN_HEARD_OTHER};
	if (frame->can_id & CAN_ERR_FLAG)
		return CAN_HEARD_ERROR;
	return fd ? CAN_HEARD_OTHER : kinds[can_sender_of(frame->can_id)];
}

static void put_frame(struct transport *t, const struct received *r)
{
	struct can *c = t->opener;
	char buffer[TEXT_MAX];
	struct strbuf text = {.data = buffer, .capacity = sizeof buffer};
	enum can_heard heard = heard_as(r->frame, r->fd);
	put_dropped(c, r->dropped, r->time_us);
	if (heard != CAN_HEARD_ERROR)
		can_errors_data(&c->errors, r->time_us);
	can_text(&text, r->frame, r->fd);
	capture_frame(c->capture, (struct slice){text.data, text.size}, r->frame->len, heard, r->time_us);
	if (heard == CAN_HEARD_ERROR)
		can_errors_frame(&c->errors, r->frame, r->time_us);
	if (heard == CAN_HEARD_PACK)
		c->recognised = true;
	if (c->recognised && !c->filtered)
		filter(t);
}

/* Up to BATCH frames; how many, or -1 with errno. */
static int read_batch(struct transport *t)
{
	struct can *c = t->opener;
	static struct canfd_frame frames[BATCH];
	static struct iovec vectors[BATCH];
	static _Alignas(struct cmsghdr) char control[BATCH][128];
	static struct mmsghdr messages[BATCH];
	for (size_t i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){&frames[i], sizeof frames[i]};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i],
						      .msg_iovlen = 1,
						      .msg_control = control[i],
						      .msg_controllen = sizeof control[i]};
	}
	int n = recvmmsg(t->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct received r = {.frame = &frames[i],
				     .fd = messages[i].msg_len == CANFD_MTU,
				     .time_us = capture_real_us(t->capture),
				     .dropped = c->dropped};
		if (messages[i].msg_len != CAN_MTU && messages[i].msg_len != CANFD_MTU)
			continue;
		read_control(&messages[i].msg_hdr, &r);
		put_frame(t, &r);
	}
	return n;
}

static ssize_t failed(struct transport *t, int error, ssize_t frames)
{
	struct can *c = t->opener;
	if (error == ENETDOWN) { /* this socket works again when it is up */
		can_errors_state(&c->errors, CAN_STOPPED, 0, 0, capture_real_us(t->capture));
		return frames;
	}
	snprintf(t->reason, sizeof t->reason, "%s",
		 error == ENODEV ? "the interface is gone" : strerror(error));
	return -1;
}

/* After anything that may have changed the state. */
static void follow(struct transport *t, int64_t now_us)
{
	struct can *c = t->opener;
	can_recovery_follow(&c->recovery, now_us);
	capture_interface(t->capture, c->errors.condition != CAN_STOPPED, now_us);
}

/*
 * The kernel reports an error before the frames that were received before it: those are read, too.  An
 * interface that is removed goes down first, so that ENODEV may follow ENETDOWN.
 */
static ssize_t read_frames(struct transport *t, int64_t now_us)
{
	int error = 0, n = BATCH;
	unsigned errors = 0;
	ssize_t frames = 0;
	for (unsigned batches = 0; error || (n == BATCH && batches < BATCHES_MAX); batches++) {
		n = read_batch(t);
		if (n >= 0)
			frames += n;
		else if (errno == EAGAIN || errno == EINTR || errors++ == ERRORS_MAX)
			break;
		else
			error = errno;
	}
	if (error)
		frames = failed(t, error, frames);
	follow(t, now_us);
	return frames;
}

static int64_t due(const struct transport *t)
{
	const struct can *c = t->opener;
	return can_recovery_due(&c->recovery);
}

static bool recover(struct transport *t, int64_t now_us)
{
	struct can *c = t->opener;
	if (if_nametoindex(c->interface) != c->index) { /* or another has its name now */
		snprintf(t->reason, sizeof t->reason, "the interface is gone");
		return false;
	}
	bool usable = can_recovery_time(&c->recovery, now_us, capture_real_us(t->capture), t->reason,
					sizeof t->reason);
	follow(t, now_us);
	return usable;
}

static int watch(const struct transport *t)
{
	const struct can *c = t->opener;
	return c->watch;
}

static void woken(struct transport *t)
{
	const struct can *c = t->opener;
	can_link_changed(c->watch);
}

/* What was dropped after the last frame is known to the socket alone. */
static void close_can(struct transport *t)
{
	struct can *c = t->opener;
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t size = sizeof memory;
	if (t->fd >= 0 && c->capture && transport_is_open(t) &&
	    getsockopt(t->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0 && size == sizeof memory)
		put_dropped(c, memory[SK_MEMINFO_DROPS], capture_real_us(t->capture));
	close_socket(t);
}

const struct transport_kind can_kind = {
	.begin = begin,
	.ready = no_step,
	.late = no_step,
	.greet = opened,
	.read = read_frames,
	.due = due,
	.work = recover,
	.watch = watch,
	.woken = woken,
	.close = close_can,
	.patient = true,
	.rest_us = REST_US,
	.gone = "the interface is gone",
	.opened = "frames are received again",
};

void can_begin(struct can *c, const char *interface, uint32_t bitrate, const struct can_choice *choice)
{
	*c = (struct can){.interface = interface, .bitrate = bitrate, .choice = *choice, .watch = -1};
	can_sender_begin();
}
