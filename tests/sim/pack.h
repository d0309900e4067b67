/* SPDX-License-Identifier: MIT */
#ifndef PACK_H
#define PACK_H

#include "chance.h"
#include "stored.h"
#include "text.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_CELLS = 32, MAX_ADDRESS = 15, ABSENT_DC = -2000 };

/* Values that the command line fixes for every pack. */
struct climate {
	bool fixed_ambient, fixed_current, fixed_soc;
	int64_t ambient_dc, current_ma, soc_pct;
	/* the load steps by this much in both directions, also within a frame; 0: no steps */
	int64_t steps_a;
};

struct cell {
	int64_t charge_ppm; /* charge of this cell minus that of the pack, in ppm of the capacity */
	int64_t offset_uv;
	int64_t inner_uohm;
	int64_t wire_mohm;
};

/*
 * A pack in the course of a day.  Charge is counted in mA*ms, temperatures in 0.001 degrees, time in ms from
 * midnight of the first day.
 */
struct pack {
	uint8_t address;
	unsigned int cell_count;
	struct chance chance;
	struct climate climate;
	bool fixed_errors;
	uint32_t errors;
	uint8_t counter;

	int64_t at_ms, start_ms;
	int64_t full, remaining, throughput;
	int64_t cycles, runtime_s, power_ons;
	int64_t current_ma;
	int64_t cloud_permille, cloud_until_ms;
	int64_t cells_mc, mos_mc;
	int64_t phase_since_ms;
	unsigned int phase;
	bool overvoltage, undervoltage, too_cold, heating;
	int balancing; /* 0 off, 1 charging the lowest cell, 2 discharging the highest */
	struct cell cells[MAX_CELLS];

	struct stored stored;
};

/*
 * The measured values of one live frame, in the units of the wire; both the frame and the log are made from
 * it.
 */
struct sample {
	unsigned int cell_count;
	int64_t cell_mv[MAX_CELLS], wire_mohm[MAX_CELLS];
	int64_t average_mv, spread_mv;
	unsigned int highest, lowest;
	int64_t total_mv, coarse_cv, current_ma, power_mw;
	int64_t mos_dc, probe_dc[5];
	uint32_t errors;
	int64_t balance_ma;
	unsigned int balancing, soc_pct;
	int64_t remaining_mah, full_mah, cycles, throughput_mah;
	int64_t runtime_s, uptime_ds, rtc_s;
	bool charging, discharging, heating;
	int64_t heating_ma;
	unsigned int phase;
	int64_t phase_s;
};

void pack_init(struct pack *p, const struct climate *climate, uint64_t seed, int64_t start_ms);

/* Advances the pack to at_ms; a time in the past changes nothing. */
void pack_advance(struct pack *p, int64_t at_ms);

void pack_sample(struct pack *p, struct sample *s);

/* The present cell voltages, in mV, without noise; or those at another current. */
void pack_cells(const struct pack *p, int64_t mv[MAX_CELLS]);
void pack_cells_at(const struct pack *p, int64_t current_ma, int64_t mv[MAX_CELLS]);

/* With --load-steps: changes the load. */
void pack_step_load(struct pack *p);

/*
 * apart.c: cells, totals, current and power of a frame, sampled at different moments, with a load step
 * between them.
 */
void sample_apart(struct pack *p, struct sample *s);

/* Whether the switches and the protections allow charging and discharging. */
bool pack_may_charge(const struct pack *p);
bool pack_may_discharge(const struct pack *p);

/* live.c */
void live_frame(const struct sample *s, const struct firmware *f, uint8_t frame[FRAME_SIZE]);
void live_values(const struct sample *s, const struct firmware *f, struct text *out);

/*
 * Makes the frame of that type as the pack sends it now and, unless values is NULL, the members of a JSON
 * object with its values, taken from the model.
 */
void pack_frame(struct pack *p, enum frame_type type, uint8_t frame[FRAME_SIZE], struct text *values);

#endif
