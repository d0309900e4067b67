/* SPDX-License-Identifier: MIT */
#include "waiting.h"

struct notice *waiting_add(struct waiting *w)
{
	if (w->count == WAITING_MAX) {
		w->first = (w->first + 1) % WAITING_MAX;
		w->count--;
		w->left_out++;
		w->all_out++;
	}
	return &w->list[(w->first + w->count++) % WAITING_MAX];
}

int64_t waiting_due(const struct waiting *w)
{
	return w->count == 0 ? INT64_MAX : w->allowed_us;
}

static void use_up(struct waiting *w, int64_t now_us)
{
	const int64_t burst_us = (int64_t)(WAITING_BURST - 1) * WAITING_EVERY_US;
	if (w->allowed_us < now_us - burst_us)
		w->allowed_us = now_us - burst_us;
	w->allowed_us += WAITING_EVERY_US;
}

const struct notice *waiting_take(struct waiting *w, uint64_t *left_out, bool at_end, int64_t now_us)
{
	if (w->count == 0 || (!at_end && now_us < w->allowed_us))
		return NULL;
	const struct notice *oldest = &w->list[w->first];
	w->first = (w->first + 1) % WAITING_MAX;
	w->count--;
	*left_out = w->left_out;
	w->left_out = 0;
	use_up(w, now_us);
	return oldest;
}
