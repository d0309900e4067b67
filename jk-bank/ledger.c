/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <string.h>

enum { MILLION = 1000000 };

static struct ledger_amount area(int64_t from, int64_t to, int64_t us)
{
	int64_t sum = (from > 0 ? from : 0) + (to > 0 ? to : 0);
	int64_t whole = sum * (us / MILLION), part = sum * (us % MILLION);
	return (struct ledger_amount){whole + part / MILLION, part % MILLION};
}

struct ledger_step ledger_trapezoid(int64_t from_uw, int64_t to_uw, int64_t from_ma, int64_t to_ma,
				    int64_t us)
{
	return (struct ledger_step){.amount = {
					    [LEDGER_CHARGED_ENERGY] = area(from_uw, to_uw, us),
					    [LEDGER_DISCHARGED_ENERGY] = area(-from_uw, -to_uw, us),
					    [LEDGER_CHARGED] = area(from_ma, to_ma, us),
					    [LEDGER_DISCHARGED] = area(-from_ma, -to_ma, us),
				    }};
}

static void add(struct ledger_amount to[LEDGER_SUMS], const struct ledger_amount more[LEDGER_SUMS])
{
	for (int i = 0; i < LEDGER_SUMS; i++) {
		to[i].rest += more[i].rest;
		to[i].whole += more[i].whole + to[i].rest / MILLION;
		to[i].rest %= MILLION;
	}
}

void ledger_join(struct ledger_step *to, const struct ledger_step *more)
{
	add(to->amount, more->amount);
	to->gap_us += more->gap_us;
}

static void begin_day(struct ledger *l, int64_t day)
{
	if (l->day == day - 1)
		memcpy(l->yesterday, l->today, sizeof l->yesterday);
	else
		memset(l->yesterday, 0, sizeof l->yesterday);
	memset(l->today, 0, sizeof l->today);
	l->day = day;
}

void ledger_add(struct ledger *l, int64_t day, const struct ledger_step *step)
{
	if (day > l->day)
		begin_day(l, day);
	add(l->total, step->amount);
	add(day < l->day ? l->yesterday : l->today, step->amount);
	l->gap_us += step->gap_us;
}

void ledger_set_back(struct ledger *l, int64_t day)
{
	if (day < l->day)
		l->day = day;
}

int64_t ledger_milli_hours(const struct ledger_amount *amount, enum ledger_sum sum)
{
	/* half microjoules in a milliwatt-hour; half milliampere-seconds in a milliampere-hour */
	return amount->whole / (sum <= LEDGER_DISCHARGED_ENERGY ? INT64_C(2) * 3600000 : 2 * 3600);
}
