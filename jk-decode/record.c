/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "envelope.h"
#include "event.h"
#include "hex.h"
#include "jk_frame.h"
#include "modbus.h"
#include "plausibility.h"
#include "record_writer.h"

const char *const record_type_names[RECORD_TYPES] = {
	[RECORD_LIVE] = "live",         [RECORD_SETTINGS] = "settings", [RECORD_ABOUT] = "about",
	[RECORD_ACK] = "ack",           [RECORD_READ] = "read",         [RECORD_EXCEPTION] = "exception",
	[RECORD_CAN] = "can",           [RECORD_INVERTER] = "inverter", [RECORD_EVENT] = "event",
	[RECORD_REJECTED] = "rejected",
};

static const enum record_type type_of_frame[FRAME_TYPES] = {
	[FRAME_LIVE] = RECORD_LIVE, [FRAME_SETTINGS] = RECORD_SETTINGS, [FRAME_ABOUT] = RECORD_ABOUT};

static const enum record_type type_of_protocol[CAN_PROTOCOLS] = {
	[CAN_JK] = RECORD_CAN, [CAN_INVERTER] = RECORD_INVERTER};

static bool wanted(const struct record_form *form, enum record_type type)
{
	return form->types >> type & 1;
}

static void add_plain(struct strbuf *t, const struct output_format *format, const char *key, const char *text)
{
	format->key(t, key, false);
	output_plain(t, format, text, strlen(text));
}

static void add_number(struct strbuf *t, const struct output_format *format, const char *key, unsigned value)
{
	format->key(t, key, false);
	strbuf_unsigned(t, value);
}

/* ---- JK frames ---- */

/* errors: the alarm bits of an inconsistent live frame; -1: unknown. */
static void rejected(struct strbuf *t, const struct record_form *form, const struct frame_line *line,
		     const char *frame, const char *reason, int64_t errors)
{
	const struct output_format *format = form->envelope.format;
	if (!wanted(form, RECORD_REJECTED))
		return;
	envelope(t, &form->envelope, line, (int)line->id, "rejected");
	add_plain(t, format, "frame", frame);
	add_plain(t, format, "reason", reason);
	format->key(t, "errors_bitmask", false);
	if (errors >= 0)
		strbuf_unsigned(t, (uint64_t)errors);
	else
		output_null(t, format);
	strbuf_string(t, format->end);
}

static void accepted(struct strbuf *t, const struct record_form *form, const struct frame_line *line,
		     const struct columns *columns, const struct source *source)
{
	envelope(t, &form->envelope, line, (int)line->id, field_tables[columns->type]->name);
	if (t->capacity - t->size < columns->max) {
		t->overflow = true;
		return;
	}
	t->size = (size_t)(columns_write(t->data + t->size, columns, source) - t->data);
	strbuf_string(t, source->format->end);
}

/*
 * The first fault of n bytes that begin with the header of a frame; NULL if they are a valid frame, padded or
 * not.
 */
static const char *frame_fault(const uint8_t *p, size_t n)
{
	if (n < FRAME_SIZE || n > FRAME_SIZE + JK_FRAME_PADDING_MAX)
		return "length";
	for (size_t i = FRAME_SIZE; i < n; i++)
		if (p[i] != 0)
			return "length";
	if (!jk_frame_sum_fits(p))
		return "checksum";
	return jk_frame_table(p[JK_FRAME_TYPE_OFFSET]) ? NULL : "type";
}

static void frame_record(struct strbuf *t, const struct record_form *form, const struct frame_line *line,
			 const uint8_t *p, size_t n)
{
	const struct field_table *table =
		n > JK_FRAME_TYPE_OFFSET ? jk_frame_table(p[JK_FRAME_TYPE_OFFSET]) : NULL;
	const char *name = table ? table->name : "unknown";
	const char *fault = frame_fault(p, n);
	if (fault) {
		rejected(t, form, line, name, fault, -1);
		return;
	}
	struct source source = {.frame = p, .format = form->envelope.format};
	enum frame_type type = (enum frame_type)p[JK_FRAME_TYPE_OFFSET];
	if (type == FRAME_LIVE) {
		live_read(&source.live, p);
		fault = plausibility_fault(&source.live);
		bool layout = fault == plausibility_layout;
		if (fault && (layout || !form->lenient)) {
			/* another layout has the alarm bits elsewhere */
			rejected(t, form, line, name, fault, layout ? -1 : (int64_t)source.live.errors);
			return;
		}
	}
	if (wanted(form, type_of_frame[type]))
		accepted(t, form, line, &form->columns[type], &source);
}

/* ---- Modbus messages ---- */

static void ack_record(struct strbuf *t, const struct output_format *format, const struct modbus *m)
{
	uint8_t reg[2] = {(uint8_t)(m->reg >> 8), (uint8_t)m->reg};
	char text[] = "0x0000";
	struct strbuf digits = {.data = text + 2, .capacity = 4};
	strbuf_hex(&digits, reg, sizeof reg);
	add_number(t, format, "function", m->function);
	add_plain(t, format, "register", text);
	add_number(t, format, "quantity", m->quantity);
}

/* The data that was read is not reported: it may be a passcode. */
static void read_record(struct strbuf *t, const struct output_format *format, const struct modbus *m)
{
	add_number(t, format, "function", m->function);
	add_number(t, format, "length", 2u * m->quantity);
}

static void exception_record(struct strbuf *t, const struct output_format *format, const struct modbus *m)
{
	add_number(t, format, "function", m->function);
	add_number(t, format, "exception", m->exception);
	add_plain(t, format, "exception_text", enum_text(ENUM_MODBUS_EXCEPTION, m->exception));
}

static const struct {
	enum record_type type;
	void (*write)(struct strbuf *t, const struct output_format *format,
		      const struct modbus *m); /* NULL: no record */
} modbus_records[] = {
	[MODBUS_REQUEST] = {RECORD_ACK, NULL},
	[MODBUS_ACK] = {RECORD_ACK, ack_record},
	[MODBUS_READ] = {RECORD_READ, read_record},
	[MODBUS_EXCEPTION] = {RECORD_EXCEPTION, exception_record},
};

static bool is_modbus_function(uint8_t code)
{
	code &= 0x7F;
	return code == 0x03 || code == 0x06 || code == 0x10;
}

/* The fault of n bytes; NULL if they are one valid message, padded or not. */
static const char *modbus_fault(const struct frame_line *line, const uint8_t *p, size_t n, struct modbus *m)
{
	if (modbus_parse(p, n, m) != MODBUS_YES) {
		bool shaped = n >= 2 && p[0] == line->id && p[0] <= MODBUS_REQUEST_ADDRESS_MAX &&
			      is_modbus_function(p[1]);
		/* a message of a device above 15 is not damaged, but not a BMS message either */
		bool whole = n > 2 && modbus_crc(p, n - 2) == bytes_u16le(p + n - 2);
		return shaped && !whole ? "crc" : "header";
	}
	if (m->address != line->id)
		return "address";
	if (n - m->size > JK_FRAME_PADDING_MAX)
		return "length";
	for (size_t i = m->size; i < n; i++)
		if (p[i] != 0)
			return "length";
	return NULL;
}

static void modbus_record(struct strbuf *t, const struct record_form *form, const struct frame_line *line,
			  const uint8_t *p, size_t n)
{
	struct modbus m;
	const char *fault = modbus_fault(line, p, n, &m);
	if (fault) {
		rejected(t, form, line, "unknown", fault, -1);
		return;
	}
	if (!modbus_records[m.kind].write || !wanted(form, modbus_records[m.kind].type))
		return;
	envelope(t, &form->envelope, line, m.address, record_type_names[modbus_records[m.kind].type]);
	modbus_records[m.kind].write(t, form->envelope.format, &m);
	strbuf_string(t, form->envelope.format->end);
}

/* ---- CAN frames ---- */

static void can_values(struct strbuf *t, const struct record_form *form, const struct frame_line *line,
		       const struct can_layout *layout, int bms, const struct source *source)
{
	envelope(t, &form->envelope, line, bms, can_tables[form->can.protocol]->name);
	if (t->capacity - t->size < layout->max) {
		t->overflow = true;
		return;
	}
	char *end = can_layout_write(t->data + t->size, &form->can, layout, source, line->byte_count);
	if (!end && !form->can_envelope) {
		t->size = 0;
		return;
	}
	if (end)
		t->size = (size_t)(end - t->data);
	strbuf_string(t, source->format->end);
}

/* A data frame. */
static enum record_result can_record(struct strbuf *t, const struct record_form *form,
				     const struct frame_line *line)
{
	int bms;
	const struct can_frame *frame = can_index_find(&form->can.index, line->id, line->extended, &bms);
	if (!frame)
		return can_index_find(&form->own, line->id, line->extended, &bms) ? RECORD_DONE
										  : RECORD_FOREIGN;
	const struct can_layout *layout = &form->can.layout[frame - can_tables[form->can.protocol]->frames];
	struct source source = {.frame = line->bytes, .format = form->envelope.format};
	if (wanted(form, type_of_protocol[form->can.protocol]) && line->byte_count >= layout->least)
		can_values(t, form, line, layout, bms, &source);
	return RECORD_DONE;
}

static enum record_result can_line_record(struct strbuf *t, const struct record_form *form,
					  const struct frame_line *line)
{
	static const enum record_result results[] = {
		[CAN_FRAME_REMOTE] = RECORD_REMOTE,
		[CAN_FRAME_FD] = RECORD_FD,
		[CAN_FRAME_ERROR] = RECORD_ERROR_FRAME,
	};
	return line->can == CAN_FRAME_DATA ? can_record(t, form, line) : results[line->can];
}

/* ---- lines ---- */

static const char *rs485_record(struct strbuf *t, const struct record_form *form,
				const struct frame_line *line)
{
	uint8_t data[FRAME_LINE_MAX / 2];
	size_t n = line->data_size / 2;
	if (line->data_size % 2 != 0)
		return "an odd number of hex digits";
	if (n == 0)
		return "no data";
	if (!hex_decode(line->data, data, n))
		return "invalid hex digit in the data";
	if (line->transmitted) /* there is no record of a request */
		return NULL;
	if (jk_frame_magic_match(data, n) == JK_FRAME_MAGIC_SIZE)
		frame_record(t, form, line, data, n);
	else
		modbus_record(t, form, line, data, n);
	return NULL;
}

enum record_result record_of_line(struct strbuf *t, const struct record_form *form, const char *p, size_t n,
				  const char **wrong)
{
	struct frame_line line;
	*wrong = frame_line_parse(p, n, &line);
	if (!*wrong && line.kind == FRAME_LINE_CAN)
		return can_line_record(t, form, &line);
	if (!*wrong && line.kind == FRAME_LINE_EVENT && wanted(form, RECORD_EVENT))
		event_record(t, &form->envelope, &line);
	if (!*wrong && line.kind == FRAME_LINE_RS485)
		*wrong = rs485_record(t, form, &line);
	return *wrong ? RECORD_BAD : RECORD_DONE;
}

/* ---- selection ---- */

const char record_no_such_key[] = "no such key";

static const char *check_keys(const struct record_form *form, const char *keys, const char **wrong,
			      size_t *size)
{
	for (const char *p = keys;;) {
		size_t n = strcspn(p, ",");
		bool known = envelope_knows(form->envelope.packs, p, n);
		for (int type = 1; type < FRAME_TYPES; type++)
			known = known || record_keys_find((enum frame_type)type, p, n) != NULL;
		for (int protocol = 0; protocol < CAN_PROTOCOLS; protocol++)
			known = known || can_keys_find((enum can_protocol)protocol, p, n) != NULL;
		if (!known) {
			*wrong = p;
			*size = n;
			return n > 0 ? record_no_such_key : "empty key";
		}
		if (p[n] == '\0')
			return NULL;
		p += n + 1;
	}
}

/* A format with a header has only records whose keys a table knows. */
static const char *fault_of_other_type(const struct output_format *format)
{
	static char fault[80];
	snprintf(fault, sizeof fault, "%s has no columns for this type", format->name);
	return format->has_header ? fault : NULL;
}

static const char *choose_type(struct record_form *form, const char *type, const char **wrong, size_t *size)
{
	form->types = ((1u << RECORD_TYPES) - 1) & ~(1u << RECORD_INVERTER);
	if (!type)
		return NULL;
	*wrong = type;
	*size = strlen(type);
	for (int i = 0; i < RECORD_TYPES; i++) {
		if (strcmp(type, record_type_names[i]) == 0) {
			form->types = 1u << i;
			bool table = i == RECORD_LIVE || i == RECORD_SETTINGS || i == RECORD_ABOUT ||
				     i == RECORD_CAN || i == RECORD_INVERTER;
			return table ? NULL : fault_of_other_type(form->envelope.format);
		}
	}
	return "no such type";
}

static void choose_columns(struct record_form *form, enum frame_type frame, const char *keys)
{
	struct columns *columns = &form->columns[frame];
	if (keys)
		columns_select(columns, frame, form->envelope.format, keys);
	else if (form->all)
		columns_all(columns, frame, form->envelope.format);
	else
		columns_default(columns, frame, form->envelope.format);
}

/* Chooses the values of CAN frames.  Returns the record types that have some. */
static uint32_t choose_can(struct record_form *form, const char *keys)
{
	enum can_protocol wanted_protocol = wanted(form, RECORD_INVERTER) ? CAN_INVERTER : CAN_JK;
	uint32_t with_keys = 0;
	can_index_begin(&form->own, can_tables[CAN_JK]);
	for (int other = 0; other < CAN_PROTOCOLS; other++) {
		can_layouts_begin(&form->can, (enum can_protocol)other, form->envelope.format, keys);
		if (form->can.count > 0)
			with_keys |= 1u << type_of_protocol[other];
	}
	can_layouts_begin(&form->can, wanted_protocol, form->envelope.format, keys);
	return with_keys;
}

/* No record of the chosen types has one of the keys: perhaps because no type was given. */
static const char *fault_of_keys(const char *type, uint32_t with_keys)
{
	static char fault[120];
	size_t n = 0;
	if (type)
		return "records of this type have none of these keys";
	for (int i = 0; i < RECORD_TYPES; i++)
		if (with_keys >> i & 1)
			n += (size_t)snprintf(fault + n, sizeof fault - n, "%s -t %s",
					      n > 0 ? " or" : "only with", record_type_names[i]);
	return fault;
}

const char *record_form_begin(struct record_form *form, const char *type, const char *keys,
			      const char **wrong, size_t *size)
{
	const char *fault =
		choose_type(form, type || !form->envelope.format->has_header ? type : "live", wrong, size);
	if (!fault && keys)
		fault = check_keys(form, keys, wrong, size);
	if (fault)
		return fault;
	envelope_begin(&form->envelope);
	uint32_t with_keys = 0;
	for (int i = 1; i < FRAME_TYPES; i++) {
		choose_columns(form, (enum frame_type)i, keys);
		if (form->columns[i].count > 0)
			with_keys |= 1u << type_of_frame[i];
	}
	with_keys |= choose_can(form, keys);
	form->can_envelope = form->can.count == 0 && with_keys == 0;
	/*
	 * A list of keys selects the record types that have one of them; keys of the envelope, which all
	 * types have, select none.
	 */
	if (keys && with_keys != 0)
		form->types &= with_keys;
	if (form->types == 0) {
		*wrong = keys;
		*size = strlen(keys);
		return fault_of_keys(type, with_keys);
	}
	return NULL;
}

static void add_header(struct strbuf *t, const struct record_form *form, const char *key)
{
	form->envelope.format->header_key(t, key, false);
}

void record_header(struct strbuf *t, const struct record_form *form)
{
	for (int i = 1; i < FRAME_TYPES; i++) {
		if (!wanted(form, type_of_frame[i]))
			continue;
		const struct columns *columns = &form->columns[i];
		envelope_header(t, &form->envelope);
		for (size_t k = 0; k < columns->count; k++)
			add_header(t, form, columns->column[k].key->key);
		strbuf_char(t, '\n');
	}
	if (!wanted(form, type_of_protocol[form->can.protocol]))
		return;
	envelope_header(t, &form->envelope);
	for (size_t k = 0; k < form->can.count; k++)
		add_header(t, form, form->can.chosen[k]->key);
	strbuf_char(t, '\n');
}
