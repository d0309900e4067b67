/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "fuzz.h"
#include "json_reader.h"
#include "output_format.h"
#include "put.h"
#include "record.h"
#include "record_writer.h"

/*
 * Lines of the frame stream into jk-decode: a line makes one whole record or none, the same each time, and
 * none if it is damaged or skipped.  A data frame of CAN is what its line says, written in the plain form
 * again.
 */

unsigned long fuzz_taken;

#define T "(1763856000.123456) "

const char *const fuzz_seeds[] = {
	T "can0 2F4#1302B20F51000000\n",
	T "  can0 4F4#FF0C06FC0C010000 R\n",
	T "can0 5F4#4801480048000000\n",
	T "can0 7F4#43002000\n",
	T "can0 18F128F4#E108F00A6B802300_F\n",
	T "can0 18F228F4#1F.49.49.4A.FF.00.00.00\n",
	T "can0 18F328F4#0100000000000000\n",
	T "can0 18F428F4#A1B2C3D400006400\n",
	T "can0 18F528F4#2300000000000000\n",
	T "can0 18E028F4#FF0CFC0C00000000\n",
	T "can0 1806E5F4#0240017C00000000\n",
	T "can0 01F21400#C7141200E4002300\n",
	T "can0 351#9E027C016C07C601\n",
	T "can0 35E#4A4B2D424D530000\n",
	T "can0 370#1E001D00F50DF30D\n",
	T "can0 2F4#R8_9\n",
	T "vcan10 2F4##3112233445566778899AABBCC T\n",
	T "can0 45123#81:00:12345678#112233\n",
	T "can0 20000004#0004000000000000\n",
	"(1763856000.123456789) can0 800#00\n",
	T "ttyUSB0 01#011016200001044B R\n",
	T "ttyUSB0 01#01900203CD R\n",
	T "ttyUSB0 !timeout 03 live\n",
	T "ttyUSB0 !stats 01 asked=30 answered=29 timeouts=1 mean_ms=61 p99_ms=75\n",
	"# a comment\n",
	NULL,
};

enum { FORMS = 6 };

static struct record_form forms[FORMS];

static void begin(void)
{
	static const struct {
		const struct output_format *format;
		const char *type;
		bool all;
	} kinds[FORMS] = {{&format_json, NULL, false},       {&format_json, NULL, true},
			  {&format_json, "event", false},    {&format_csv, "live", false},
			  {&format_json, "inverter", false}, {&format_csv, "can", false}};
	if (forms[0].envelope.format)
		return;
	put_begin();
	for (int i = 0; i < FORMS; i++) {
		const char *wrong;
		size_t size;
		forms[i].envelope.format = kinds[i].format;
		forms[i].all = kinds[i].all;
		HOLDS(record_form_begin(&forms[i], kinds[i].type, NULL, &wrong, &size) == NULL);
	}
}

static void check_record(const struct record_form *form, const char *p, size_t n)
{
	static char record[RECORD_MAX], again[RECORD_MAX];
	struct strbuf t = {.data = record, .capacity = sizeof record};
	struct strbuf other = {.data = again, .capacity = sizeof again};
	const char *wrong;
	enum record_result result = record_of_line(&t, form, p, n, &wrong);
	HOLDS((result == RECORD_BAD) == (wrong != NULL) && !t.overflow);
	HOLDS(result == RECORD_DONE || t.size == 0);
	HOLDS(record_of_line(&other, form, p, n, &wrong) == result && other.size == t.size &&
	      memcmp(record, again, t.size) == 0);
	if (t.size == 0)
		return;
	HOLDS(memchr(record, '\n', t.size) == record + t.size - 1 && !memchr(record, '\0', t.size));
	HOLDS(form->envelope.format != &format_json || fuzz_is_json(record, t.size - 1));
	fuzz_taken++;
}

/* The frame as candump -L writes it: an id of 3 or 8 digits, and two digits for each byte. */
static void check_can(const struct frame_line *line)
{
	char text[80];
	struct strbuf t = {.data = text, .capacity = sizeof text};
	struct frame_line again;
	int n = snprintf(text, sizeof text, line->extended ? T "x %08X#" : T "x %03X#", (unsigned)line->id);
	t.size = (size_t)n;
	HOLDS(line->byte_count <= CAN_DATA_MAX && line->id <= (line->extended ? 0x1FFFFFFFu : 0x7FFu));
	strbuf_hex(&t, line->bytes, line->byte_count);
	HOLDS(frame_line_parse(text, t.size, &again) == NULL);
	HOLDS(again.kind == FRAME_LINE_CAN && again.can == CAN_FRAME_DATA && again.id == line->id);
	HOLDS(again.extended == line->extended && again.byte_count == line->byte_count);
	HOLDS(memcmp(again.bytes, line->bytes, line->byte_count) == 0);
}

static void check_line(const char *p, size_t n)
{
	struct frame_line line;
	if (!frame_line_parse(p, n, &line) && line.kind == FRAME_LINE_CAN && line.can == CAN_FRAME_DATA)
		check_can(&line);
	for (int i = 0; i < FORMS; i++)
		check_record(&forms[i], p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	begin();
	fuzz_lines(p, n, check_line);
	return 0;
}
