/* SPDX-License-Identifier: MIT */
/* The live frame (type 2), by the offsets of the register map: offset = register - 0x1200 + 6. */
#include "pack.h"

#include <string.h>

static const char *const probe_keys[5] = {
	"temperature_sensor_1", "temperature_sensor_2", "temperature_sensor_3",
	"temperature_sensor_4", "temperature_sensor_5",
};
static const uint16_t probe_offsets[5] = {162, 164, 254, 256, 258};

static void frame_cells(const struct sample *s, uint8_t *frame)
{
	for (unsigned int i = 0; i < s->cell_count; i++) {
		wire_put16(frame + 6 + 2 * i, s->cell_mv[i]);
		wire_put16(frame + 80 + 2 * i, s->wire_mohm[i]);
	}
	wire_put32(frame + 70, (INT64_C(1) << s->cell_count) - 1);
	wire_put16(frame + 74, s->average_mv);
	wire_put16(frame + 76, s->spread_mv);
	frame[78] = (uint8_t)s->highest; /* both count from zero */
	frame[79] = (uint8_t)s->lowest;
}

static void frame_power(const struct sample *s, uint8_t *frame)
{
	wire_put32(frame + 150, s->total_mv);
	wire_put32(frame + 154, s->power_mw);
	wire_put32(frame + 158, s->current_ma);
	wire_put16(frame + 234, s->coarse_cv);
	wire_put32(frame + 166, s->errors);
	wire_put16(frame + 170, s->balance_ma);
	frame[172] = (uint8_t)s->balancing;
	wire_put16(frame + 230, s->balancing == 2 ? 200 : 0);
	wire_put16(frame + 232, s->balancing == 1 ? 420 : 0);
}

static void frame_charge(const struct sample *s, uint8_t *frame)
{
	frame[173] = (uint8_t)s->soc_pct;
	wire_put32(frame + 174, s->remaining_mah);
	wire_put32(frame + 178, s->full_mah);
	wire_put32(frame + 182, s->cycles);
	wire_put32(frame + 186, s->throughput_mah);
	frame[190] = 100;
	wire_put32(frame + 194, s->runtime_s);
	frame[198] = s->charging;
	frame[199] = s->discharging;
	wire_put16(frame + 278, s->phase_s);
	frame[280] = (uint8_t)s->phase;
}

static void frame_rest(const struct sample *s, const struct firmware *f, uint8_t *frame)
{
	static const uint8_t bytes_238[6] = {0, 1, 1, 1, 0, 6};
	wire_put16(frame + 144, s->mos_dc);
	for (int i = 0; i < 5; i++)
		wire_put16(frame + probe_offsets[i], s->probe_dc[i]);
	frame[214] = 0xFF; /* also if a probe is absent */
	frame[215] = s->heating;
	wire_put16(frame + 216, 1);
	wire_put16(frame + 220, 950);
	wire_put16(frame + 222, s->current_ma > 0 ? s->current_ma / 390 : 0);
	wire_put16(frame + 224, s->current_ma < 0 ? -s->current_ma / 390 : 0);
	wire_put32(frame + 226, 0x40400000); /* 3.0 as a float */
	wire_put16(frame + 236, s->heating_ma);
	memcpy(frame + 238, bytes_238, sizeof(bytes_238));
	wire_put32(frame + 246, s->uptime_ds);
	wire_put16(frame + 260, 940);
	wire_put32(frame + 262, s->rtc_s);
	wire_put32(frame + 266, 62);
	wire_put32(frame + 270, 86400);
	memcpy(frame + 282, f->trailer, sizeof(f->trailer));
}

void live_frame(const struct sample *s, const struct firmware *f, uint8_t frame[FRAME_SIZE])
{
	memset(frame, 0, FRAME_SIZE);
	frame_cells(s, frame);
	frame_power(s, frame);
	frame_charge(s, frame);
	frame_rest(s, f, frame);
}

static void values_array(struct text *t, const char *key, const int64_t *values, unsigned int count)
{
	text_key(t, key);
	for (unsigned int i = 0; i < count; i++) {
		text_add(t, i ? "," : "[");
		text_number(t, values[i], 3);
	}
	text_add(t, "]");
}

static void values_probes(const struct sample *s, const struct firmware *f, struct text *t)
{
	for (int i = 0; i < 5; i++) {
		text_key(t, probe_keys[i]);
		if (s->probe_dc[i] == ABSENT_DC || (i >= 3 && !f->probes_4_5))
			text_add(t, "null");
		else
			text_number(t, s->probe_dc[i], 1);
	}
}

/* Every value in the frame that comes from the model, by the keys of the sheet. */
void live_values(const struct sample *s, const struct firmware *f, struct text *t)
{
	const struct {
		const char *key;
		int64_t value;
		unsigned int digits;
	} numbers[] = {
		{"cells_enabled_bitmask", (INT64_C(1) << s->cell_count) - 1, 0},
		{"average_cell_voltage_bms", s->average_mv, 3},
		{"delta_cell_voltage_bms", s->spread_mv, 3},
		{"max_voltage_cell_index", s->highest, 0},
		{"min_voltage_cell_index", s->lowest, 0},
		{"total_voltage", s->total_mv, 3},
		{"total_voltage_coarse", s->coarse_cv, 2},
		{"current", s->current_ma, 3},
		{"power_magnitude", s->power_mw, 3},
		{"mosfet_temperature", s->mos_dc, 1},
		{"errors_bitmask", s->errors, 0},
		{"balancing_current", s->balance_ma, 3},
		{"balancer_status_bitmask", s->balancing, 0},
		{"state_of_charge", s->soc_pct, 0},
		{"capacity_remaining", s->remaining_mah, 3},
		{"full_charge_capacity", s->full_mah, 3},
		{"charging_cycles", s->cycles, 0},
		{"total_charging_cycle_capacity", s->throughput_mah, 3},
		{"state_of_health", 100, 0},
		{"total_runtime", s->runtime_s, 0},
		{"uptime", s->uptime_ds, 1},
		{"rtc_ticks", s->rtc_s, 0},
		{"heating_current", s->heating_ma, 3},
		{"charge_status_id", s->phase, 0},
		{"charge_status_time_elapsed", s->phase_s, 0},
	};
	values_array(t, "cell_voltages", s->cell_mv, s->cell_count);
	values_array(t, "cell_resistances", s->wire_mohm, s->cell_count);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		text_key_number(t, numbers[i].key, numbers[i].value, numbers[i].digits);
	values_probes(s, f, t);
	text_key_bool(t, "charging", s->charging);
	text_key_bool(t, "discharging", s->discharging);
	text_key_bool(t, "heating", s->heating);
}
