/* SPDX-License-Identifier: MIT */
#include "window.h"

#include "parse.h"

#include <string.h>

bool window_holds(const struct window *w, int64_t us)
{
	return us >= w->from_us && us < w->to_us;
}

bool window_parse(const char *text, struct window *w)
{
	const int64_t most_ms = INT64_C(1000) * INT32_MAX;
	char front[32] = {0};
	size_t n;
	int64_t from_ms, to_ms;
	const char *to = parse_split(text, '-', &n);
	*w = (struct window){INT64_MAX, INT64_MAX, true};
	if (strcmp(text, "USR1") == 0)
		return true;
	if (to == NULL || n >= sizeof(front))
		return false;
	memcpy(front, text, n);
	if (!parse_decimal(front, 3, most_ms, &from_ms))
		return false;
	*w = (struct window){from_ms * 1000, INT64_MAX, false};
	if (*to == '\0')
		return true;
	if (!parse_decimal(to, 3, most_ms, &to_ms) || to_ms <= from_ms)
		return false;
	w->to_us = to_ms * 1000;
	return true;
}

void window_switch(struct window *w, int64_t us)
{
	bool on = w->by_signal && window_holds(w, us);
	if (w->by_signal)
		*w = on ? (struct window){w->from_us, us, true} : (struct window){us, INT64_MAX, true};
}

bool windows_add(struct windows *all, const struct window *w)
{
	if (all->count == MAX_WINDOWS)
		return false;
	all->at[all->count++] = *w;
	return true;
}

void windows_switch(struct windows *all, int64_t us)
{
	for (size_t i = 0; i < all->count; i++)
		window_switch(&all->at[i], us);
}

bool windows_hold(const struct windows *all, int64_t us)
{
	for (size_t i = 0; i < all->count; i++)
		if (window_holds(&all->at[i], us))
			return true;
	return false;
}

int64_t windows_next(const struct windows *all, int64_t us)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < all->count; i++) {
		const struct window *w = &all->at[i];
		int64_t at = us > w->from_us ? us : w->from_us;
		if (at < w->to_us && at < next)
			next = at;
	}
	return next;
}

int64_t windows_end(const struct windows *all, int64_t us)
{
	int64_t end = us;
	for (size_t i = 0; i < all->count; i++)
		if (window_holds(&all->at[i], us) && all->at[i].to_us > end)
			end = all->at[i].to_us;
	return end;
}

int64_t windows_change(const struct windows *all, int64_t us)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < all->count; i++) {
		const struct window *w = &all->at[i];
		int64_t at = us < w->from_us ? w->from_us : us < w->to_us ? w->to_us : INT64_MAX;
		if (at < next)
			next = at;
	}
	return next;
}
