/* SPDX-License-Identifier: MIT */
#include "refusals.h"

void refusals_add(struct refusals *r, int64_t now_us)
{
	const int64_t first_us = REFUSALS_FIRST_S * INT64_C(1000000);
	const int64_t last_us = REFUSALS_LAST_S * INT64_C(1000000);
	if (r->forgive_us)
		return;
	r->pause_us = r->pause_us == 0 ? first_us : 2 * r->pause_us;
	if (r->pause_us > last_us)
		r->pause_us = last_us;
	r->forgive_us = now_us + r->pause_us;
}

bool refusals_over(struct refusals *r, int64_t now_us)
{
	if (!r->forgive_us || now_us < r->forgive_us)
		return false;
	r->forgive_us = 0;
	return true;
}
