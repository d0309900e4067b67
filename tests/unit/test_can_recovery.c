/* SPDX-License-Identifier: MIT */
/* What is done about a CAN interface that is down or in bus-off.  The interface is one of our own. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "can_diagnosis.h"
#include "can_recovery.h"
#include "transport.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

/* ---- an interface ---- */

static struct {
	bool up, virtual, restarts, permitted, stuck; /* stuck: it does not come up */
	enum can_condition condition;
	uint32_t bitrate;
	unsigned ups, agains; /* that changed something */
} bus;

static bool is_up(const char *interface)
{
	ck_assert_str_eq(interface, "can7");
	return bus.up;
}

static bool state(const char *interface, enum can_condition *condition, unsigned *tx, unsigned *rx)
{
	(void)interface;
	*condition = bus.up ? bus.condition : CAN_STOPPED;
	*tx = 5;
	*rx = 6;
	return !bus.virtual;
}

static bool restarts(const char *interface)
{
	(void)interface;
	return bus.restarts;
}

static bool up(const char *interface, uint32_t bitrate, struct can_refusal *refusal, char *reason,
	       size_t size)
{
	(void)interface;
	(void)refusal;
	if (bus.up && (bitrate == 0 || bitrate == bus.bitrate))
		return true;
	snprintf(reason, size, bus.permitted ? "stuck" : "not permitted");
	if (!bus.permitted || bus.stuck)
		return false;
	bus.ups++;
	bus.up = true;
	bus.condition = CAN_ACTIVE;
	return true;
}

static bool again(const char *interface, uint32_t bitrate, char *reason, size_t size)
{
	struct can_refusal refusal = {0};
	if (!bus.permitted) {
		snprintf(reason, size, "not permitted");
		return false;
	}
	bus.agains++;
	bus.up = false;
	return up(interface, bitrate, &refusal, reason, size);
}

static const struct can_control control = {is_up, state, restarts, up, again};

/* ---- what is seen of it ---- */

static char seen[2000];
static struct can_errors errors;
static struct can_refusal refusal;
static struct can_recovery recovery;
static int64_t now_us;
static int log_fd;

static void note(const char *words, int64_t time_us)
{
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof seen - n, "%.2f %s\n", (double)time_us / 1e6, words);
}

static void event(void *context, const char *words, int64_t time_us)
{
	(void)context;
	note(words, time_us);
}

/* Opened while all is well. */
static void begin(uint32_t bitrate)
{
	int fds[2];
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	log_fd = fds[0];
	seen[0] = '\0';
	now_us = 0;
	memset(&bus, 0, sizeof bus);
	bus.up = bus.permitted = true;
	bus.condition = CAN_ACTIVE;
	bus.bitrate = 250000;
	can_errors_begin(&errors, event, NULL);
	errors.condition = CAN_ACTIVE;
	recovery = (struct can_recovery){.source = "can:can7",
					 .interface = "can7",
					 .bitrate = bitrate,
					 .errors = &errors,
					 .control = &control,
					 .refusal = &refusal};
	can_recovery_begin(&recovery, 0);
	ck_assert_int_eq(can_recovery_due(&recovery), INT64_MAX);
}

/* The socket reported that the interface is down. */
static void went_down(void)
{
	can_errors_state(&errors, CAN_STOPPED, 0, 0, now_us);
	can_recovery_follow(&recovery, now_us);
}

static void bus_off(void)
{
	bus.condition = CAN_BUS_OFF;
	can_errors_state(&errors, CAN_BUS_OFF, 255, 0, now_us);
	can_recovery_follow(&recovery, now_us);
}

/* Time passes until then; an interface that was taken down and up is reported by its socket. */
static void wait_until(int64_t end_us)
{
	char reason[TRANSPORT_REASON_MAX];
	unsigned agains = bus.agains;
	while (can_recovery_due(&recovery) <= end_us) {
		now_us = can_recovery_due(&recovery);
		if (!can_recovery_time(&recovery, now_us, now_us, reason, sizeof reason)) {
			note(reason, now_us);
			return;
		}
		if (bus.agains > agains)
			went_down();
		agains = bus.agains;
	}
	now_us = end_us;
}

static void check(const char *expected_events, const char *expected_log)
{
	char text[2000] = "";
	ssize_t n = read(log_fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	ck_assert_str_eq(seen, expected_events);
	ck_assert_str_eq(text, expected_log);
	close(log_fd);
}

/* ---- down ---- */

START_TEST(test_down_waits)
{
	begin(0);
	bus.up = false;
	went_down();
	wait_until(20 * SECOND);
	bus.up = true;
	wait_until(26 * SECOND); /* pauses of at most 5 s */
	ck_assert_int_eq(can_recovery_due(&recovery), INT64_MAX);
	ck_assert_uint_eq(bus.ups, 0);
	check("0.00 stopped 0 0\n22.75 error-active 5 6\n",
	      "jk: can:can7: the interface is down: waiting for ip link set can7 up (for the first time: up "
	      "type can bitrate 250000, or 500000)\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* One without a controller has no bit rate. */
START_TEST(test_down_virtual)
{
	begin(0);
	bus.up = false;
	bus.virtual = true;
	went_down();
	wait_until(1 * SECOND);
	check("0.00 stopped 0 0\n", "jk: can:can7: the interface is down: waiting for ip link set can7 up\n");
}
END_TEST

START_TEST(test_down_and_up_at_once)
{
	begin(0);
	went_down();
	wait_until(SECOND);
	check("0.00 stopped 0 0\n0.25 error-active 5 6\n", "");
}
END_TEST

START_TEST(test_down_is_brought_up)
{
	begin(250000);
	bus.up = false;
	bus.stuck = true;
	went_down();
	wait_until(SECOND);
	bus.stuck = false;
	wait_until(2 * SECOND);
	ck_assert_uint_eq(bus.ups, 1);
	check("0.00 stopped 0 0\n1.75 error-active 5 6\n",
	      "jk: can:can7: the interface is down: stuck; trying again\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* Data frames show that it is up before we have looked. */
START_TEST(test_down_ends_with_data)
{
	begin(0);
	bus.up = false;
	went_down();
	can_errors_data(&errors, 100000);
	can_recovery_follow(&recovery, 100000);
	ck_assert_int_eq(can_recovery_due(&recovery), INT64_MAX);
	check("0.00 stopped 0 0\n0.10 error-active 0 0\n", "");
}
END_TEST

/* Somebody brought it up at another bit rate, which we may not change: the link has failed. */
START_TEST(test_up_at_another_rate)
{
	begin(250000);
	bus.bitrate = 500000;
	bus.permitted = false;
	went_down();
	wait_until(SECOND);
	check("0.00 stopped 0 0\n0.25 not permitted\n", "");
}
END_TEST

START_TEST(test_up_in_bus_off)
{
	begin(0);
	bus.up = false;
	went_down();
	bus.up = true;
	bus.condition = CAN_BUS_OFF;
	wait_until(SECOND);
	ck_assert_uint_eq(bus.agains, 0);
	wait_until(2 * SECOND);
	ck_assert_uint_eq(bus.agains, 1);
	check("0.00 stopped 0 0\n0.25 bus-off 5 6\n1.25 stopped 0 0\n1.50 error-active 5 6\n",
	      "jk: can:can7: bus-off: the interface was taken down and up\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* ---- bus-off ---- */

START_TEST(test_bus_off_restarted_by_the_kernel)
{
	begin(250000);
	bus.restarts = true;
	bus_off();
	wait_until(30 * SECOND);
	ck_assert_uint_eq(bus.agains, 0);
	bus.condition = CAN_ACTIVE; /* and no error frame */
	wait_until(36 * SECOND);
	check("0.00 bus-off 255 0\n32.00 error-active 5 6\n", "");
}
END_TEST

START_TEST(test_bus_off_down_and_up)
{
	static const uint32_t rates[] = {0, 250000};
	for (size_t i = 0; i < 2; i++) {
		begin(rates[i]);
		bus_off();
		wait_until(SECOND - 1);
		ck_assert_uint_eq(bus.agains, 0);
		wait_until(3 * SECOND);
		ck_assert_uint_eq(bus.agains, 1);
		check("0.00 bus-off 255 0\n1.00 stopped 0 0\n1.25 error-active 5 6\n",
		      "jk: can:can7: bus-off: the interface was taken down and up\n"
		      "jk: can:can7: the interface is up again\n");
	}
}
END_TEST

START_TEST(test_bus_off_without_permission)
{
	begin(0);
	bus.permitted = false;
	bus_off();
	wait_until(60 * SECOND);
	bus.condition = CAN_ACTIVE; /* restarted by root */
	wait_until(65 * SECOND);
	ck_assert_uint_eq(bus.agains, 0);
	ck_assert_int_eq(errors.condition, CAN_ACTIVE);
	check("0.00 bus-off 255 0\n62.00 error-active 5 6\n",
	      "jk: can:can7: bus-off: not permitted; trying again\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* It was taken down by us, and could not be brought up: nobody else would do it. */
START_TEST(test_bus_off_stuck)
{
	begin(0);
	bus.stuck = true;
	bus_off();
	wait_until(4 * SECOND);
	ck_assert_uint_eq(bus.agains, 1);
	bus.stuck = false;
	wait_until(10 * SECOND);
	ck_assert_uint_eq(bus.ups, 1);
	check("0.00 bus-off 255 0\n1.00 stopped 0 0\n4.75 error-active 5 6\n",
	      "jk: can:can7: bus-off: stuck; trying again\n"
	      "jk: can:can7: the interface is down: stuck; trying again\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* A program replays error frames to a virtual interface: it is left alone. */
START_TEST(test_bus_off_of_a_virtual_interface)
{
	begin(0);
	bus.virtual = errors.stateless = true;
	bus_off();
	wait_until(10 * SECOND);
	ck_assert_uint_eq(bus.agains, 0);
	ck_assert_int_eq(can_recovery_due(&recovery), INT64_MAX);
	can_errors_data(&errors, 11 * SECOND);
	can_recovery_follow(&recovery, 11 * SECOND);
	check("0.00 bus-off 255 0\n11.00 error-active 0 0\n", "");
}
END_TEST

/* Frames that were on the way do not end bus-off of a controller that tells its state. */
START_TEST(test_bus_off_goes_on_with_data)
{
	begin(0);
	bus_off();
	can_errors_data(&errors, 500000);
	can_recovery_follow(&recovery, 500000);
	wait_until(2 * SECOND);
	ck_assert_uint_eq(bus.agains, 1);
	check("0.00 bus-off 255 0\n1.00 stopped 0 0\n1.25 error-active 5 6\n",
	      "jk: can:can7: bus-off: the interface was taken down and up\n"
	      "jk: can:can7: the interface is up again\n");
}
END_TEST

/* ---- the advice waits ---- */

START_TEST(test_silence_while_down)
{
	struct can_diagnosis d;
	can_diagnosis_begin(&d);
	can_diagnosis_up(&d, 1); /* not opened yet */
	ck_assert_int_eq(d.due_us, INT64_MAX);
	can_diagnosis_opened(&d, 0);
	can_diagnosis_down(&d);
	can_diagnosis_down(&d);
	ck_assert_int_eq(d.due_us, INT64_MAX);
	can_diagnosis_up(&d, 60 * SECOND);
	can_diagnosis_up(&d, 62 * SECOND);
	ck_assert_int_eq(d.due_us, 60 * SECOND + CAN_DIAGNOSIS_AFTER_US);
}
END_TEST

/* ---- the transport ---- */

static int watched[2], begun;
static int64_t work_due_us;

static enum transport_opening fails(struct transport *t, int64_t at_us)
{
	(void)at_us;
	begun++;
	snprintf(t->reason, sizeof t->reason, "missing");
	return TRANSPORT_FAILED;
}

static int watch(const struct transport *t)
{
	(void)t;
	return watched[0];
}

static void woken(struct transport *t)
{
	char byte;
	(void)t;
	ck_assert_int_eq(read(watched[0], &byte, 1), 1);
}

static void close_nothing(struct transport *t)
{
	t->fd = -1;
}

static int64_t real_us(void)
{
	return 1763856000000000;
}

static void transport_of(struct transport *t, const struct transport_kind *kind)
{
	static struct line_output output;
	static struct capture capture;
	line_output_begin(&output);
	capture_begin(&capture, "can7", &output, 0, real_us);
	capture_frames(&capture);
	transport_begin(t, kind, NULL, &capture, "can:can7", -1);
}

/* However long the pauses have become, a change is followed by an attempt within a quarter of a second. */
START_TEST(test_woken_in_a_pause)
{
	static const struct transport_kind kind = {
		.begin = fails, .close = close_nothing, .watch = watch, .woken = woken};
	struct transport t;
	int64_t at_us = 0;
	ck_assert_int_eq(pipe(watched), 0);
	begun = 0;
	transport_of(&t, &kind);
	for (int i = 0; i < 8; i++, at_us = transport_deadline(&t))
		transport_act(&t, 0, at_us);
	transport_act(&t, 0, at_us);
	ck_assert_int_eq(transport_deadline(&t), at_us + TRANSPORT_BACKOFF_MAX_US);
	ck_assert_int_eq(transport_poll(&t).fd, watched[0]);
	int before = begun;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(write(watched[1], "", 1), 1);
		transport_act(&t, POLLIN, at_us + SECOND + i);
	}
	ck_assert_int_eq(begun, before);
	ck_assert_int_eq(transport_deadline(&t), at_us + SECOND + TRANSPORT_BACKOFF_MIN_US);
	transport_act(&t, 0, transport_deadline(&t));
	ck_assert_int_eq(begun, before + 1);
}
END_TEST

static enum transport_opening opens(struct transport *t, int64_t at_us)
{
	(void)at_us;
	t->fd = watched[0];
	return TRANSPORT_OPENED;
}

static int64_t due(const struct transport *t)
{
	(void)t;
	return work_due_us;
}

static bool works_once(struct transport *t, int64_t at_us)
{
	snprintf(t->reason, sizeof t->reason, "no use");
	work_due_us = at_us + SECOND;
	return ++begun < 2;
}

START_TEST(test_work_while_open)
{
	static const struct transport_kind kind = {
		.begin = opens, .close = close_nothing, .due = due, .work = works_once};
	struct transport t;
	begun = 0;
	work_due_us = 0;
	transport_of(&t, &kind);
	transport_act(&t, 0, 0);
	ck_assert(transport_is_open(&t));
	work_due_us = 7 * SECOND;
	ck_assert_int_eq(transport_deadline(&t), 7 * SECOND);
	transport_act(&t, 0, 7 * SECOND - 1);
	ck_assert_int_eq(begun, 0);
	transport_act(&t, 0, 7 * SECOND);
	ck_assert_int_eq(begun, 1);
	ck_assert(transport_is_open(&t));
	transport_act(&t, 0, 8 * SECOND);
	ck_assert(!transport_is_open(&t));
	ck_assert_str_eq(t.reported, "no use");
}
END_TEST

UNIT_RUN("can_recovery", test_down_waits, test_down_virtual, test_down_and_up_at_once,
	 test_down_is_brought_up, test_down_ends_with_data, test_up_at_another_rate, test_up_in_bus_off,
	 test_bus_off_restarted_by_the_kernel, test_bus_off_down_and_up, test_bus_off_without_permission,
	 test_bus_off_stuck, test_bus_off_of_a_virtual_interface, test_bus_off_goes_on_with_data,
	 test_silence_while_down, test_woken_in_a_pause, test_work_while_open)
