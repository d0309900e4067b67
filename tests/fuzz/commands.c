/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "queue.h"
#include "sheet.h"
#include "tx_gate.h"

/*
 * Lines of commands into jk-write with -n and everything allowed, for a BMS whose frames it has: each has
 * exactly one result, in order, which is one line of the stream; and what would be written passes the last
 * gate, and is in the sheet.
 */

enum { MAX_AGE_US = 10000000 };

static struct queue queue;
static struct policy allow;
static unsigned results;
static struct now now = {1000000, INT64_C(1763856000000000)};

unsigned long fuzz_taken;

const char *const fuzz_seeds[] = {
	"1 charging_switch off a\n",
	"bus:1 cell_voltage_overvoltage_protection 3.65 42\n",
	"1 charge_undertemperature_protection -12.5\n",
	"1 lcd_buzzer_trigger Low_SOC\n",
	"1 uart1_protocol_number (9600)_JK_BMS_RS485_Modbus_V1.0 x\n",
	"1 max_charge_current 10.05\n",
	"1 cell_request_float_voltage_time 25.5\n",
	"1 heating_start_temperature -40 h\n",
	"1 smart_sleep_switch true\n",
	"1 re_bulk_soc 50 id9_-\n",
	"1 charging_switch on a @1763856000.5\n",
	"1 charging_switch off - @1763855989.999999\n",
	"1 charging_switch off b @1763856010.000001\n",
	"1 setup_passcode hunter2 c @1763856000\n",
	"1 device_passcode hunter2\n",
	"1 charging_switch on cmd\n",
	"(1763856000.000000) bus !write a 1 charging_switch on confirmed\n",
	"(1763856000.000000) can0 2F4#1302B20F51000000\n",
	"can0:1 charging_switch on\n",
	"1 total_battery_capacity 2000\n",
	"2 connection_wire_resistance_31 0.000001\n",
	"# a comment\n",
	"other:1 charging_switch on\r\n",
	"16 control_bitmask 0.0000000001 \t z\n",
	NULL,
};

static enum fifo_sent send_nothing(void *context, const char *fifo, const char *line, size_t n)
{
	(void)context, (void)fifo, (void)line;
	HOLDS(n == 0); /* -n sends nothing */
	return FIFO_FAILED;
}

static void check_result(void *context, const struct command *c, const char *line, size_t n)
{
	(void)context;
	results++;
	HOLDS(c->result != RESULT_NONE && n > 0 && n <= FRAME_LINE_MAX);
	HOLDS(memchr(line, '\n', n) == line + n - 1 && !memchr(line, '\0', n) && !memchr(line, '\r', n));
	struct frame_line parsed;
	HOLDS(frame_line_parse(line, n - 1, &parsed) == NULL && parsed.kind == FRAME_LINE_EVENT);
	enum frame_type type;
	HOLDS(setting_find(c->key, strlen(c->key), &type) || strcmp(c->value, "*") == 0 ||
	      strcmp(c->value, "-") == 0);
	HOLDS(strcmp(c->id, "-") == 0 || command_id_valid(c->id, strlen(c->id)));
	if (c->result != RESULT_VALID)
		return;
	HOLDS(!c->timed ||
	      (c->time_us >= now.real_us - MAX_AGE_US && c->time_us <= now.real_us + MAX_AGE_US));
	fuzz_taken++;
	HOLDS(strcmp(c->channel, "can0") != 0);
	HOLDS(tx_gate_refuses(c->write, c->write_size) == NULL);
	sheet_check(c->write, c->write_size);
	HOLDS(c->write[0] == c->address);
}

static void hear_frame(uint8_t type, const char *software)
{
	uint8_t frame[FRAME_SIZE] = {0x55, 0xAA, 0xEB, 0x90, type};
	char line[FRAME_LINE_MAX];
	if (type == FRAME_ABOUT) {
		memcpy(frame + 30, software, strlen(software));
		frame[266] = frame[267] = frame[269] = 1; /* times and durations are not 0 */
	} else {
		frame[286] = 1;
	}
	for (size_t i = 0; i + 1 < sizeof frame; i++)
		frame[FRAME_SIZE - 1] = (uint8_t)(frame[FRAME_SIZE - 1] + frame[i]);
	struct strbuf t = {.data = line, .capacity = sizeof line};
	strbuf_string(&t, "(1763856000.000000) bus 01#");
	strbuf_hex(&t, frame, sizeof frame);
	queue_line(&queue, line, t.size, now);
}

static void begin(void)
{
	static const struct write_callbacks callbacks = {.send = send_nothing, .result = check_result};
	static const struct write_options options = {
		.limits = {100, 100000}, .dry = true, .max_age_us = MAX_AGE_US, .allow = &allow};
	if (allow.count == 0)
		HOLDS(policy_line(&allow, "allow * *", 9) == NULL);
	queue_begin(&queue, &options, &callbacks);
	hear_frame(FRAME_SETTINGS, "");
	hear_frame(FRAME_ABOUT, "19.10");
	static const char can[] = "(1763856000.000000) can0 2F4#1302B20F51000000";
	queue_line(&queue, can, sizeof can - 1, now);
	results = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	unsigned commands = 0;
	begin();
	while (n > 0) {
		const uint8_t *newline = memchr(p, '\n', n);
		size_t size = newline ? (size_t)(newline - p) : n;
		if (size < COMMAND_LINE_MAX && !command_is_blank((const char *)p, size) &&
		    !command_is_stream((const char *)p, size)) {
			queue_command(&queue, (const char *)p, size, "cmd", now);
			commands++;
		}
		queue_run(&queue, now);
		p += size + (newline != NULL);
		n -= size + (newline != NULL);
	}
	queue_cut(&queue, "the end", now);
	HOLDS(results == commands && !queue_in_hand(&queue));
	return 0;
}
