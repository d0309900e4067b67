/* SPDX-License-Identifier: MIT */
/*
 * The life of a pack: sun and loads, charge, temperatures, balancer, protections.  Integers only, so that the
 * same seed gives the same bytes with every compiler.
 */
#include "pack.h"

#include "stored.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS, STEP_MS = 5000 };

struct point {
	int64_t x, y;
};

/*
 * Open-circuit voltage of an LFP cell in uV against its charge in ppm; the ends go beyond empty and full on
 * purpose.
 */
static const struct point ocv[] = {
	{-50000, 2200000},  {0, 2600000},       {50000, 3000000},   {100000, 3200000},
	{200000, 3250000},  {300000, 3285000},  {400000, 3297000},  {600000, 3310000},
	{700000, 3325000},  {900000, 3335000},  {970000, 3345000},  {990000, 3380000},
	{1000000, 3460000}, {1005000, 3560000}, {1010000, 3700000}, {1030000, 3900000},
};

/*
 * A winter day, by the hour in ms: air temperature in 0.001 degrees, loads in permille of the capacity per
 * hour.
 */
static const struct point air[] = {
	{0, -4000}, {5 * HOUR_MS, -9000}, {14 * HOUR_MS, 16000}, {19 * HOUR_MS, 4000}, {DAY_MS, -4000},
};
static const struct point load[] = {
	{0, 15},
	{6 * HOUR_MS, 15},
	{7 * HOUR_MS, 50},
	{9 * HOUR_MS, 30},
	{16 * HOUR_MS, 30},
	{18 * HOUR_MS, 140},
	{21 * HOUR_MS, 100},
	{23 * HOUR_MS, 15},
	{DAY_MS, 15},
};
/* State of charge in ppm at the start, as if the previous days had been the same. */
static const struct point begin[] = {
	{0, 500000}, {8 * HOUR_MS, 250000}, {13 * HOUR_MS, 700000}, {16 * HOUR_MS, 990000}, {DAY_MS, 500000},
};

static int64_t interpolate(const struct point *p, size_t n, int64_t x)
{
	if (x <= p[0].x)
		return p[0].y;
	for (size_t i = 1; i < n; i++)
		if (x <= p[i].x)
			return p[i - 1].y + (p[i].y - p[i - 1].y) * (x - p[i - 1].x) / (p[i].x - p[i - 1].x);
	return p[n - 1].y;
}

#define AT(table, x) interpolate(table, sizeof(table) / sizeof(table[0]), x)

static int64_t charge_ppm(const struct pack *p)
{
	return p->remaining / (p->full / 1000000);
}

static int64_t capacity_mah(const struct pack *p)
{
	return p->full / HOUR_MS;
}

void pack_cells_at(const struct pack *p, int64_t current_ma, int64_t mv[MAX_CELLS])
{
	int64_t ppm = charge_ppm(p);
	for (unsigned int i = 0; i < p->cell_count; i++) {
		const struct cell *c = &p->cells[i];
		int64_t uv = AT(ocv, ppm + c->charge_ppm) + c->offset_uv + current_ma * c->inner_uohm / 1000;
		mv[i] = uv / 1000;
	}
}

void pack_cells(const struct pack *p, int64_t mv[MAX_CELLS])
{
	pack_cells_at(p, p->current_ma, mv);
}

static int64_t extreme_mv(const struct pack *p, bool highest, unsigned int *where)
{
	int64_t mv[MAX_CELLS];
	pack_cells(p, mv);
	*where = 0;
	for (unsigned int i = 1; i < p->cell_count; i++)
		if (highest ? mv[i] > mv[*where] : mv[i] < mv[*where])
			*where = i;
	return mv[*where];
}

/* Permille of the peak: a parabola from 07:30 to 17:00, behind clouds that change every few minutes. */
static int64_t sun_permille(struct pack *p, int64_t of_day_ms)
{
	int64_t from_noon = (of_day_ms - (12 * HOUR_MS + HOUR_MS / 4)) / 1000;
	int64_t half = 17100;
	if (p->at_ms >= p->cloud_until_ms) {
		p->cloud_permille = chance_range(&p->chance, 450, 1000);
		p->cloud_until_ms = p->at_ms + chance_range(&p->chance, 60000, 900000);
	}
	if (from_noon <= -half || from_noon >= half)
		return 0;
	return (1000 - 1000 * from_noon * from_noon / (half * half)) * p->cloud_permille / 1000;
}

/* Near the requested charge voltage the charger reduces its current. */
static int64_t taper(const struct pack *p, int64_t ma)
{
	unsigned int where;
	int64_t room = stored_setting(&p->stored, AT_OVERVOLTAGE) + 20 - extreme_mv(p, true, &where);
	if (room < 10)
		room = 10;
	return room < 150 ? ma * room / 150 : ma;
}

static int64_t wanted_ma(struct pack *p)
{
	int64_t of_day = p->at_ms % DAY_MS;
	int64_t capacity = capacity_mah(p);
	int64_t sun = capacity * 300 / 1000 * sun_permille(p, of_day) / 1000;
	int64_t ma = sun - capacity * AT(load, of_day) / 1000;
	ma += chance_range(&p->chance, -30, 30) + ma * chance_range(&p->chance, -8, 8) / 1000;
	return ma > 0 ? taper(p, ma) : ma;
}

bool pack_may_charge(const struct pack *p)
{
	return stored_setting(&p->stored, AT_CHARGING) && !p->overvoltage && !p->too_cold;
}

bool pack_may_discharge(const struct pack *p)
{
	return stored_setting(&p->stored, AT_DISCHARGING) && !p->undervoltage;
}

/*
 * No load, a small one, the full one, the opposite of the last, or any; the pack never becomes empty or full.
 */
void pack_step_load(struct pack *p)
{
	int64_t most = p->climate.steps_a * 1000, ma, ppm = charge_ppm(p);
	switch (chance_range(&p->chance, 0, 5)) {
	case 0:
		ma = 0;
		break;
	case 1:
		ma = chance_range(&p->chance, -1500, 1500);
		break;
	case 2:
		ma = chance_range(&p->chance, 0, 1) ? most : -most;
		break;
	case 3:
		ma = -p->current_ma;
		break;
	default:
		ma = chance_range(&p->chance, -most, most);
	}
	p->current_ma = (ppm > 850000 && ma > 0) || (ppm < 150000 && ma < 0) ? -ma : ma;
}

static void step_current(struct pack *p)
{
	if (p->climate.steps_a) {
		if (chance_range(&p->chance, 0, 1))
			pack_step_load(p);
		return;
	}
	if (p->climate.fixed_current) {
		p->current_ma = p->climate.current_ma;
		return;
	}
	int64_t ma = wanted_ma(p);
	if ((ma > 0 && !pack_may_charge(p)) || (ma < 0 && !pack_may_discharge(p)))
		ma = 0;
	/* A real BMS reports 0 for a current that its shunt cannot distinguish from noise. */
	p->current_ma = ma > -150 && ma < 150 ? 0 : ma;
}

static void step_charge(struct pack *p, int64_t dt_ms)
{
	if (p->climate.fixed_soc)
		return;
	int64_t moved = p->current_ma * dt_ms;
	p->remaining += moved;
	p->throughput += moved < 0 ? -moved : 0;
	if (p->remaining > p->full / 1000 * 1004)
		p->remaining = p->full / 1000 * 1004;
	if (p->remaining < 0)
		p->remaining = 0;
	if (p->throughput / p->full > p->cycles - 40)
		p->cycles++;
}

static void step_temperature(struct pack *p, int64_t dt_ms)
{
	if (p->climate.fixed_ambient) {
		p->cells_mc = p->mos_mc = p->climate.ambient_dc * 100;
		return;
	}
	int64_t ma = llabs(p->current_ma);
	int64_t target =
		AT(air, p->at_ms % DAY_MS) + (p->address % 4) * 700 + ma / 30 + (p->heating ? 45000 : 0);
	p->cells_mc += (target - p->cells_mc) * dt_ms / (5 * HOUR_MS / 2);
	int64_t mos = p->cells_mc + 1500 + ma / 4;
	p->mos_mc += (mos - p->mos_mc) * dt_ms / (HOUR_MS / 6);
}

/* The highest cell is discharged, then the lowest is charged, for twenty seconds each. */
static void step_balancer(struct pack *p, int64_t dt_ms)
{
	unsigned int highest, lowest;
	int64_t top = extreme_mv(p, true, &highest), bottom = extreme_mv(p, false, &lowest);
	p->balancing = 0;
	if (!stored_setting(&p->stored, AT_BALANCER) ||
	    top < stored_setting(&p->stored, AT_BALANCING_START) ||
	    top - bottom < stored_setting(&p->stored, AT_BALANCE_TRIGGER))
		return;
	p->balancing = p->at_ms / 20000 % 2 ? 1 : 2;
	int64_t ppm = stored_setting(&p->stored, AT_BALANCE_CURRENT) * dt_ms / (p->full / 1000000);
	if (p->balancing == 1)
		p->cells[lowest].charge_ppm += ppm;
	else
		p->cells[highest].charge_ppm -= ppm;
}

/* Trips at one limit and recovers at the other. */
static bool latch(bool now, int64_t value, int64_t trip, int64_t release)
{
	if (trip > release)
		return value > trip || (now && value > release);
	return value < trip || (now && value < release);
}

static void step_protection(struct pack *p)
{
	unsigned int where;
	int64_t top = extreme_mv(p, true, &where), bottom = extreme_mv(p, false, &where);
	int64_t dc = p->cells_mc / 100, start_c, stop_c;
	p->overvoltage = latch(p->overvoltage, top, stored_setting(&p->stored, AT_OVERVOLTAGE),
			       stored_setting(&p->stored, AT_OVERVOLTAGE_RECOVERY));
	p->undervoltage = latch(p->undervoltage, bottom, stored_setting(&p->stored, AT_UNDERVOLTAGE),
				stored_setting(&p->stored, AT_UNDERVOLTAGE_RECOVERY));
	p->too_cold = latch(p->too_cold, dc, stored_setting(&p->stored, AT_COLD),
			    stored_setting(&p->stored, AT_COLD_RECOVERY));
	if (stored_heater_limits(&p->stored, &start_c, &stop_c))
		p->heating = latch(p->heating, dc, 10 * start_c, 10 * stop_c);
	else
		p->heating = false;
}

static void step_phase(struct pack *p)
{
	int64_t ppm = charge_ppm(p);
	unsigned int phase = ppm > 999000 ? 2 : ppm > 970000 ? 1 : 0;
	if (phase != p->phase) {
		p->phase = phase;
		p->phase_since_ms = p->at_ms;
	}
}

static void step_drift(struct pack *p)
{
	struct cell *c = &p->cells[chance_range(&p->chance, 0, p->cell_count - 1)];
	if (chance_hit(&p->chance, 20000) && llabs(c->charge_ppm) < 15000)
		c->charge_ppm += chance_range(&p->chance, -60, 60);
}

void pack_advance(struct pack *p, int64_t at_ms)
{
	while (p->at_ms < at_ms) {
		int64_t dt = at_ms - p->at_ms < STEP_MS ? at_ms - p->at_ms : STEP_MS;
		p->at_ms += dt;
		step_current(p);
		step_charge(p, dt);
		step_temperature(p, dt);
		step_balancer(p, dt);
		step_protection(p);
		step_phase(p);
		step_drift(p);
	}
}

/*
 * One cell of every second pack has more charge than the others, so that it raises cell over-voltage when
 * full.
 */
static void init_cells(struct pack *p)
{
	for (unsigned int i = 0; i < p->cell_count; i++)
		p->cells[i] = (struct cell){
			.charge_ppm = chance_range(&p->chance, -4000, 4000),
			.offset_uv = chance_range(&p->chance, -2500, 2500),
			.inner_uohm = chance_range(&p->chance, 250, 380),
			.wire_mohm = chance_range(&p->chance, 60, 95),
		};
	/*
	 * With load steps the cells are old: a step from full charge to full discharge drops at nearly 2
	 * mOhm.
	 */
	for (unsigned int i = 0; p->climate.steps_a && i < p->cell_count; i++)
		p->cells[i].inner_uohm = p->cells[i].inner_uohm * 5 / 2;
	if (p->address % 2)
		p->cells[chance_range(&p->chance, 0, p->cell_count - 1)].charge_ppm = 9000;
}

void pack_init(struct pack *p, const struct climate *climate, uint64_t seed, int64_t start_ms)
{
	static const int64_t capacities_mah[] = {280000, 100000, 314000, 230000};
	p->climate = *climate;
	p->chance.state = seed * 1000003 + p->address * 7919u + p->cell_count;
	p->at_ms = p->start_ms = p->phase_since_ms = start_ms;
	p->full = capacities_mah[p->address % 4] * HOUR_MS;
	p->cycles = 40;
	p->runtime_s = 20000000 + p->address * 86413;
	p->power_ons = 39;
	int64_t ppm = AT(begin, start_ms % DAY_MS) + chance_range(&p->chance, -20000, 20000);
	if (climate->fixed_soc)
		ppm = climate->soc_pct * 10000;
	p->remaining = p->full / 1000000 * ppm;
	p->cells_mc = AT(air, start_ms % DAY_MS) + 3000;
	p->mos_mc = p->cells_mc + 2000;
	init_cells(p);
	stored_init(&p->stored,
		    &(struct stored_facts){.address = p->address,
					   .cell_count = p->cell_count,
					   .capacity_mah = capacity_mah(p),
					   .power_ons = p->power_ons},
		    &p->chance);
	step_temperature(p, 0);
	step_current(p);
	step_protection(p);
}
