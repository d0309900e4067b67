/* SPDX-License-Identifier: MIT */
/* What jk-capture makes of the frames of a CAN interface; a pair of sockets stands for the interface. */
#include <errno.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "can.h"
#include "can_diagnosis.h"
#include "can_filter.h"
#include "can_text.h"
#include "unit.h"

/* ---- lines ---- */

/* As candump -L writes them; tests/vm/guest/vcan.sh compares most of these forms with it. */
static const struct {
	struct canfd_frame frame;
	bool fd;
	const char *text;
} texts[] = {
	{{.can_id = 0x2F4, .len = 8, .data = {0x13, 2, 0xB2, 0xF, 0x51}}, false, "2F4#1302B20F51000000"},
	{{.can_id = 0x2F4}, false, "2F4#"},
	{{.can_id = 0x7, .len = 1, .data = {0xAB}}, false, "007#AB"},
	{{.can_id = 0x2F4 | CAN_EFF_FLAG, .len = 1, .data = {0xAB}}, false, "000002F4#AB"},
	{{.can_id = 0x18F128F4 | CAN_EFF_FLAG, .len = 2, .data = {0xE1, 8}}, false, "18F128F4#E108"},
	{{.can_id = 0x7F4 | CAN_RTR_FLAG}, false, "7F4#R"},
	{{.can_id = 0x7F4 | CAN_RTR_FLAG, .len = 8}, false, "7F4#R8"},
	{{.can_id = 0x7F4 | CAN_RTR_FLAG, .len = 8, .__res1 = 12}, false, "7F4#R8_C"},
	{{.can_id = 0x7F4 | CAN_RTR_FLAG, .len = 7, .__res1 = 12}, false, "7F4#R7"},
	{{.can_id = 0x18F528F4 | CAN_EFF_FLAG | CAN_RTR_FLAG}, false, "18F528F4#R"},
	{{.can_id = 0x1, .len = 8, .__res1 = 15}, false, "001#0000000000000000_F"},
	{{.can_id = 0x1, .len = 8, .__res1 = 8}, false, "001#0000000000000000"},
	{{.can_id = 0x2F4, .len = 2, .flags = 1, .data = {1, 2}}, true, "2F4##10102"},
	{{.can_id = 0x2F4, .len = 12, .flags = 0xF7}, true, "2F4##7000000000000000000000000"},
	{{.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL, .len = 8, .data = {0, 8, 0, 0, 0, 0, 96, 0}},
	 false,
	 "20000004#0008000000006000"},
};

START_TEST(test_text)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char buffer[200];
		struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
		can_text(&t, &texts[i].frame, texts[i].fd);
		buffer[t.size] = '\0';
		ck_assert_str_eq(buffer, texts[i].text);
	}
}
END_TEST

START_TEST(test_longest_text)
{
	struct canfd_frame frame = {.can_id = 0x1FFFFFFF | CAN_EFF_FLAG, .len = 64, .flags = 0xF};
	char buffer[200];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	can_text(&t, &frame, true);
	ck_assert_uint_eq(t.size, 8 + 2 + 1 + 128);
	ck_assert(!t.overflow);
	frame.len = 255; /* nothing is read behind the frame */
	t.size = 0;
	can_text(&t, &frame, true);
	ck_assert_uint_eq(t.size, 8 + 2 + 1 + 128);
}
END_TEST

/* ---- filters ---- */

static const uint32_t standard[] = {0x2F4, 0x4F4, 0x5F4, 0x7F4};
static const uint32_t extended[] = {0x18F128F4, 0x18F228F4, 0x18F328F4, 0x18F428F4, 0x18F528F4,
				    0x18E028F4, 0x18E128F4, 0x18E228F4, 0x18E328F4, 0x18E428F4,
				    0x18E528F4, 0x18E628F4, 0x1806E5F4};
enum { STANDARD = sizeof standard / sizeof *standard, EXTENDED = sizeof extended / sizeof *extended };

static struct can_pass filters[CAN_FILTERS_MAX];
static size_t filter_count;

static bool passes(uint32_t id)
{
	for (size_t i = 0; i < filter_count; i++)
		if ((id & filters[i].mask) == (filters[i].id & filters[i].mask))
			return true;
	return false;
}

static void choose(struct can_choice choice)
{
	filter_count = can_filter(&choice, filters);
}

START_TEST(test_filter_exactly)
{
	choose((struct can_choice){0});
	ck_assert_uint_eq(filter_count, 17 * 12 + 1);
	for (uint32_t address = 0; address < 12; address++) {
		for (size_t i = 0; i < STANDARD; i++)
			ck_assert(passes(standard[i] + address));
		for (size_t i = 0; i < EXTENDED; i++)
			ck_assert(passes((extended[i] + address) | CAN_EFF_FLAG));
	}
	ck_assert(passes(0x01F21400 | CAN_EFF_FLAG));
	unsigned passed = 0;
	for (uint32_t id = 0; id < 0x800; id++)
		passed += passes(id);
	ck_assert_uint_eq(passed, 4 * 12);
	for (size_t i = 0; i < STANDARD; i++) {
		ck_assert(!passes(standard[i] | CAN_EFF_FLAG));
		ck_assert(!passes(standard[i] | CAN_RTR_FLAG));
		ck_assert(!passes(standard[i] - 1) && !passes(standard[i] + 12));
	}
	for (size_t i = 0; i < EXTENDED; i++)
		ck_assert(!passes((extended[i] - 1) | CAN_EFF_FLAG) &&
			  !passes((extended[i] + 12) | CAN_EFF_FLAG));
	ck_assert(!passes(0x18F0F428 | CAN_EFF_FLAG)); /* a command of a host */
}
END_TEST

START_TEST(test_filter_choice)
{
	choose((struct can_choice){.only = 1 << 0 | 1 << 11});
	ck_assert_uint_eq(filter_count, 17 * 2 + 1);
	ck_assert(passes(0x2F4) && passes(0x2F4 + 11) && !passes(0x2F5) && !passes(0x351));
	choose((struct can_choice){.inverter = true});
	ck_assert(passes(0x351) && passes(0x355) && passes(0x356) && passes(0x2F4) && !passes(0x2F3));
	choose((struct can_choice){.all = true});
	ck_assert(passes(0x123) && passes(0x7F4 | CAN_RTR_FLAG) && passes(0x1FFFFFFF | CAN_EFF_FLAG));
}
END_TEST

START_TEST(test_senders)
{
	can_sender_begin();
	ck_assert_int_eq(can_sender_of(0x2F4 + 11), CAN_SENDER_PACK);
	ck_assert_int_eq(can_sender_of(0x18E628F5 | CAN_EFF_FLAG), CAN_SENDER_PACK);
	ck_assert_int_eq(can_sender_of(0x2F4 | CAN_EFF_FLAG), CAN_SENDER_OTHER);
	ck_assert_int_eq(can_sender_of(0x2F4 | CAN_RTR_FLAG), CAN_SENDER_OTHER);
	ck_assert_int_eq(can_sender_of(0x2F4 | CAN_ERR_FLAG), CAN_SENDER_OTHER);
	ck_assert_int_eq(can_sender_of(0x351), CAN_SENDER_INVERTER);
	ck_assert_int_eq(can_sender_of(0x300), CAN_SENDER_OTHER);
}
END_TEST

/* ---- error frames ---- */

static char events[1000];

static void note(void *context, const char *words, int64_t time_us)
{
	size_t n = strlen(events);
	(void)context;
	snprintf(events + n, sizeof events - n, "%lld %s\n", (long long)time_us, words);
}

static struct canfd_frame error_frame(uint32_t class, uint8_t controller, uint8_t tx, uint8_t rx)
{
	return (struct canfd_frame){
		.can_id = CAN_ERR_FLAG | class, .len = 8, .data = {0, controller, 0, 0, 0, 0, tx, rx}};
}

START_TEST(test_errors)
{
	static const struct {
		uint32_t class;
		uint8_t controller, tx, rx;
	} frames[] = {
		{CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 96, 0},
		{CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING, 96, 97}, /* no change */
		{CAN_ERR_CRTL, CAN_ERR_CRTL_RX_OVERFLOW, 0, 0},  /* does not show the state */
		{CAN_ERR_CRTL, CAN_ERR_CRTL_TX_PASSIVE | CAN_ERR_CRTL_TX_WARNING, 128, 3},
		{CAN_ERR_BUSOFF, 0, 0, 0},
		{CAN_ERR_RESTARTED, 0, 0, 0},
		{CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 0, 0},
		{CAN_ERR_ACK, 0, 0, 0},
	};
	struct can_errors e;
	events[0] = '\0';
	can_errors_begin(&e, note, NULL);
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		struct canfd_frame f =
			error_frame(frames[i].class, frames[i].controller, frames[i].tx, frames[i].rx);
		can_errors_frame(&e, &f, (int64_t)i);
	}
	can_errors_state(&e, CAN_STOPPED, 0, 0, 20);
	can_errors_data(&e, 21);
	can_errors_data(&e, 22);
	ck_assert_str_eq(events, "0 error-warning 96 0\n"
				 "3 error-passive 128 3\n"
				 "4 bus-off 0 0\n"
				 "5 restarted\n5 error-active 0 0\n"
				 "20 stopped 0 0\n21 error-active 0 0\n");
}
END_TEST

START_TEST(test_bus_errors)
{
	static const int64_t times_us[] = {5000000, 5000001, 14999999, 15000000, 15000001, 25000000, 1000000};
	struct canfd_frame f = error_frame(CAN_ERR_PROT | CAN_ERR_BUSERROR, 0, 0, 0);
	struct can_errors e;
	events[0] = '\0';
	can_errors_begin(&e, note, NULL);
	for (size_t i = 0; i < sizeof times_us / sizeof *times_us; i++)
		can_errors_frame(&e, &f, times_us[i]);
	ck_assert_str_eq(events, "5000000 bus-error\n15000000 bus-error\n25000000 bus-error\n"
				 "1000000 bus-error\n"); /* the clock was set back */
}
END_TEST

/* ---- advice ---- */

static const char *advice(uint64_t packs, uint64_t inverter, uint64_t others, uint64_t errors)
{
	struct can_diagnosis d;
	can_diagnosis_begin(&d);
	d.heard[CAN_HEARD_PACK] = packs;
	d.heard[CAN_HEARD_INVERTER] = inverter;
	d.heard[CAN_HEARD_OTHER] = others;
	d.heard[CAN_HEARD_ERROR] = errors;
	const char *text = can_diagnosis_advice(&d);
	return text ? text : "";
}

START_TEST(test_advice)
{
	ck_assert_str_eq(advice(1, 0, 0, 9), "");
	ck_assert_ptr_nonnull(strstr(advice(0, 0, 0, 0), "nothing at all"));
	ck_assert_ptr_nonnull(strstr(advice(0, 0, 0, 9), "bit rate is likely wrong"));
	ck_assert_ptr_nonnull(strstr(advice(0, 2, 3, 9), "--inverter"));
	ck_assert_ptr_nonnull(strstr(advice(0, 0, 3, 9), "none of a JK BMS"));
}
END_TEST

/* ---- the transport ---- */

static struct line_output output;
static struct capture capture;
static struct can can;
static int bus;

static int64_t real_us(void)
{
	return 1763856000000000;
}

static enum transport_opening open_pair(struct transport *t, int64_t now_us)
{
	int fds[2];
	(void)now_us;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	t->fd = fds[0];
	bus = fds[1];
	return TRANSPORT_OPENED;
}

static void send_frame(const struct canfd_frame *frame, size_t size)
{
	ck_assert_int_eq(write(bus, frame, size), (ssize_t)size);
}

/* Errors that the socket reports before anything else, up to a 0 */
static int socket_errors[4];

int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout)
{
	int error = socket_errors[0];
	if (error == 0)
		return (int)syscall(SYS_recvmmsg, fd, messages, n, flags, timeout);
	memmove(socket_errors, socket_errors + 1, sizeof socket_errors - sizeof *socket_errors);
	socket_errors[3] = 0;
	errno = error;
	return -1;
}

static void open_transport(struct transport *t, struct transport_kind *kind)
{
	*kind = can_kind;
	kind->begin = open_pair;
	line_output_begin(&output);
	capture_begin(&capture, "can9", &output, 0, real_us);
	capture_frames(&capture);
	can_begin(&can, "nocan9", 0, &(struct can_choice){0});
	transport_begin(t, kind, &can, &capture, "can:nocan9", -1);
	transport_act(t, 0, 1);
	ck_assert(transport_is_open(t));
}

START_TEST(test_transport)
{
	struct transport_kind kind;
	struct transport t;
	open_transport(&t, &kind);
	send_frame(&texts[0].frame, CAN_MTU);
	send_frame(&texts[12].frame, CANFD_MTU);
	send_frame(&texts[14].frame, CAN_MTU);
	send_frame(&texts[0].frame, 5); /* no frame: nothing is made of it */
	for (unsigned i = 0; i < 100; i++)
		send_frame(&texts[1].frame, CAN_MTU);
	ck_assert_uint_eq(transport_act(&t, POLLIN, 2), 104); /* more than one batch */
	static const char expected[] = "(1763856000.000001) can9 !open can:nocan9\n"
				       "(1763856000.000000) can9 2F4#1302B20F51000000\n"
				       "(1763856000.000000) can9 2F4##10102\n"
				       "(1763856000.000000) can9 20000004#0008000000006000\n"
				       "(1763856000.000000) can9 !can error-warning 96 0\n"
				       "(1763856000.000000) can9 2F4#\n"
				       "(1763856000.000000) can9 2F4#\n";
	output.data[sizeof expected - 1] = '\0';
	ck_assert_str_eq(output.data, expected);
	ck_assert_uint_eq(capture.can_diagnosis.heard[CAN_HEARD_PACK], 101);
	ck_assert_uint_eq(capture.can_diagnosis.heard[CAN_HEARD_OTHER], 1);
	ck_assert_uint_eq(capture.stats.bytes, 8 + 2 + 8);
	ck_assert_ptr_null(can_kind.write); /* it cannot transmit */
	transport_end(&t, 3);
	close(bus);
}
END_TEST

/* A busy bus is read a hundred times a second, however many frames come; what came last is not forgotten. */
START_TEST(test_rest)
{
	struct transport_kind kind = can_kind;
	struct transport t;
	kind.begin = open_pair;
	line_output_begin(&output);
	capture_begin(&capture, "can9", &output, 0, real_us);
	capture_frames(&capture);
	can_begin(&can, "nocan9", 0, &(struct can_choice){.all = true});
	transport_begin(&t, &kind, &can, &capture, "can:nocan9", -1);
	transport_act(&t, 0, 1);
	ck_assert_int_eq(transport_poll(&t).fd, t.fd);
	send_frame(&texts[0].frame, CAN_MTU);
	ck_assert_uint_eq(transport_act(&t, POLLIN, 1000), 1); /* the first is read at once */
	ck_assert_int_eq(transport_poll(&t).fd, -1);
	ck_assert_int_eq(transport_deadline(&t), 11000);
	for (unsigned i = 0; i < 3; i++)
		send_frame(&texts[0].frame, CAN_MTU);
	ck_assert_uint_eq(transport_act(&t, 0, 10999), 0);
	ck_assert_uint_eq(transport_act(&t, 0, 11000), 3);
	ck_assert_int_eq(transport_deadline(&t), 21000);
	ck_assert_uint_eq(transport_act(&t, 0, 21000), 0); /* a quiet bus is waited for */
	ck_assert_int_eq(transport_poll(&t).fd, t.fd);
	send_frame(&texts[0].frame, CAN_MTU);
	ck_assert_uint_eq(transport_act(&t, POLLIN, 30000), 1);
	send_frame(&texts[0].frame, CAN_MTU);
	transport_end(&t, 30001);
	ck_assert_uint_eq(capture.can_diagnosis.heard[CAN_HEARD_PACK], 6);
	close(bus);
}
END_TEST

/* The socket of an interface that is down remains; not so if it is removed, which is also going down. */
START_TEST(test_down_and_gone)
{
	static const struct {
		int errors[4];
		bool open;
		const char *line;
	} rows[] = {
		{{ENETDOWN}, true, " can9 !can stopped 0 0\n"},
		{{ENODEV}, false, " can9 !close the interface is gone\n"},
		{{ENETDOWN, ENODEV}, false, " can9 !close the interface is gone\n"},
		{{EIO, EIO, EIO, EIO}, false, " can9 !close Input/output error\n"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct transport_kind kind;
		struct transport t;
		open_transport(&t, &kind);
		send_frame(&texts[0].frame, CAN_MTU);
		memcpy(socket_errors, rows[i].errors, sizeof socket_errors);
		transport_act(&t, POLLIN | POLLERR, 2);
		output.data[line_output_pending(&output)] = '\0';
		ck_assert_msg(transport_is_open(&t) == rows[i].open, "row %zu", i);
		ck_assert_ptr_nonnull(strstr(output.data, " can9 2F4#1302B20F51000000\n"));
		ck_assert_msg(strstr(output.data, rows[i].line) != NULL, "%s", output.data);
		transport_end(&t, 3);
		close(bus);
	}
}
END_TEST

START_TEST(test_lost)
{
	line_output_begin(&output);
	capture_begin(&capture, "can9", &output, 0, real_us);
	capture_frames_lost(&capture, 4294967295, 1763856000000001);
	static const char expected[] = "(1763856000.000001) can9 !lost 4294967295 0\n";
	ck_assert_uint_eq(line_output_pending(&output), sizeof expected - 1);
	ck_assert_int_eq(strncmp(output.data, expected, sizeof expected - 1), 0);
}
END_TEST

UNIT_RUN("can_capture", test_text, test_longest_text, test_filter_exactly, test_filter_choice, test_senders,
	 test_errors, test_bus_errors, test_advice, test_transport, test_rest, test_down_and_gone, test_lost)
