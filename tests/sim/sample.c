/* SPDX-License-Identifier: MIT */
/* What a pack measures and sends at this moment. */
#include "pack.h"
#include "stored.h"

#include <stdlib.h>

enum { HOUR_MS = 3600000, RTC_START_S = 190598400 /* 2026-01-15, from 2020-01-01 */ };

static uint32_t alarms(const struct pack *p)
{
	if (p->fixed_errors)
		return p->errors;
	return (p->overvoltage ? 0x10u : 0) | (p->too_cold ? 0x200u : 0) | (p->undervoltage ? 0x800u : 0);
}

static void sample_cells(struct pack *p, struct sample *s)
{
	int64_t sum = 0;
	pack_cells(p, s->cell_mv);
	for (unsigned int i = 0; i < p->cell_count; i++) {
		s->cell_mv[i] += chance_range(&p->chance, 0, 3) == 0;
		sum += s->cell_mv[i];
		if (s->cell_mv[i] > s->cell_mv[s->highest])
			s->highest = i;
		if (s->cell_mv[i] < s->cell_mv[s->lowest])
			s->lowest = i;
	}
	s->average_mv = sum / p->cell_count;
	/* Spread and total are sampled at another moment than the cells: see jk-protocol(7). */
	s->spread_mv = s->cell_mv[s->highest] - s->cell_mv[s->lowest] + chance_range(&p->chance, -2, 2);
	if (s->spread_mv < 0 || p->cell_count == 1)
		s->spread_mv = 0;
	s->total_mv = sum + chance_range(&p->chance, -5, 5);
	s->coarse_cv = s->total_mv / 10;
	s->power_mw = s->total_mv * llabs(s->current_ma) / 1000;
}

static void sample_temperatures(struct pack *p, struct sample *s)
{
	static const int64_t apart_dc[5] = {0, 4, 0, -3, 6};
	s->mos_dc = p->mos_mc / 100;
	for (int i = 0; i < 5; i++)
		s->probe_dc[i] = p->cells_mc / 100 + (p->climate.fixed_ambient ? 0 : apart_dc[i]);
	s->probe_dc[2] = s->mos_dc; /* T3 repeats the MOS value in every capture */
	if (!p->stored.firmware->probes_4_5)
		s->probe_dc[3] = s->probe_dc[4] = 0;
	if (p->stored.firmware->number == 19)
		s->probe_dc[4] = ABSENT_DC;
}

void pack_sample(struct pack *p, struct sample *s)
{
	*s = (struct sample){.cell_count = p->cell_count,
			     .current_ma = p->current_ma,
			     .balancing = (unsigned int)p->balancing,
			     .phase = p->phase};
	for (unsigned int i = 0; i < p->cell_count; i++)
		s->wire_mohm[i] = p->cells[i].wire_mohm;
	if (p->climate.steps_a)
		sample_apart(p, s);
	else
		sample_cells(p, s);
	sample_temperatures(p, s);
	s->errors = alarms(p);
	if (p->balancing)
		s->balance_ma =
			(p->balancing == 1 ? 1 : -1) *
			(stored_setting(&p->stored, AT_BALANCE_CURRENT) - chance_range(&p->chance, 0, 60));
	int64_t shown = p->remaining < p->full ? p->remaining : p->full;
	s->soc_pct = (unsigned int)(shown / (p->full / 1000) / 10);
	s->remaining_mah = shown / HOUR_MS;
	s->full_mah = p->full / HOUR_MS;
	s->cycles = p->cycles;
	s->throughput_mah = 40 * s->full_mah + p->throughput / HOUR_MS;
	s->uptime_ds = (p->at_ms - p->start_ms) / 100 + 36000;
	s->runtime_s = p->runtime_s + (p->at_ms - p->start_ms) / 1000;
	s->rtc_s = RTC_START_S + p->at_ms / 1000;
	s->charging = pack_may_charge(p);
	s->discharging = pack_may_discharge(p);
	s->heating = p->heating;
	s->heating_ma = p->heating ? 3000 + chance_range(&p->chance, -40, 40) : 0;
	s->phase_s = (p->at_ms - p->phase_since_ms) / 1000 % 65536;
}

void pack_frame(struct pack *p, enum frame_type type, uint8_t frame[FRAME_SIZE], struct text *values)
{
	struct sample s;
	pack_sample(p, &s);
	if (type == TYPE_LIVE)
		live_frame(&s, p->stored.firmware, frame);
	else
		stored_frame(&p->stored, type, s.runtime_s, frame);
	wire_seal(frame, type,
		  p->stored.firmware->counter < 0 ? p->counter++ : (uint8_t)p->stored.firmware->counter);
	if (values == NULL)
		return;
	text_clear(values);
	if (type == TYPE_LIVE)
		live_values(&s, p->stored.firmware, values);
	else
		stored_values(&p->stored, type, s.runtime_s, values);
}
