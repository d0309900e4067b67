/* SPDX-License-Identifier: MIT */
#include "civil.h"

enum {
	DAY_SECONDS = 86400,
	/* From 0000-03-01 to 1970-01-01.  A year from March to February has its leap day at the end. */
	DAYS_BEFORE_1970 = 719468,
	FOUR_CENTURIES = 146097,
	CENTURY = 36524,
	FOUR_YEARS = 1461,
	YEAR = 365,
	FIVE_MONTHS = 153, /* 31, 30, 31, 30 and 31 days: March to July, and August to December */
};

/* How many whole spans are in *days, at most so many; *days keeps the remainder. */
static int take(int *days, int span, int most)
{
	int n = *days / span;
	n = n < most ? n : most;
	*days -= n * span;
	return n;
}

struct civil civil_of(int64_t seconds)
{
	int64_t day = seconds / DAY_SECONDS + DAYS_BEFORE_1970;
	int rest = (int)(seconds % DAY_SECONDS), days = (int)(day % FOUR_CENTURIES);
	int64_t year = 400 * (day / FOUR_CENTURIES);
	year += 100 * take(&days, CENTURY, 3);
	year += 4 * take(&days, FOUR_YEARS, 24);
	year += take(&days, YEAR, 3);
	int month = (5 * days + 2) / FIVE_MONTHS; /* from March */
	days -= (FIVE_MONTHS * month + 2) / 5;
	return (struct civil){
		.year = month < 10 ? year : year + 1,
		.month = month < 10 ? month + 3 : month - 9,
		.day = days + 1,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
	};
}
