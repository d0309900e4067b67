/* SPDX-License-Identifier: MIT */
#ifndef QUERY_TIME_H
#define QUERY_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Times as people write them, in local time (TZ):
 *
 *	time   = now | day [ " " clock ] | clock | back | date | "@" seconds
 *	day    = today | yesterday | tomorrow | monday to sunday, the last one
 *	back   = ("-" | "+") number ("s" | "m" | "h" | "d" | "w" | "mo" | "y"), from now
 *	date   = YYYY [ "-" MM [ "-" DD [ ("T" | " ") clock ] ] ]
 *	clock  = HH:MM [ ":" SS ] [ "Z" | ("+" | "-") HH [ ":" ] MM ]
 */

/* Seconds since 1970, of 1970 to 9999.  False: it is no time. */
bool query_time(const char *text, int64_t now_s, int64_t *time_s);

enum { QUERY_TIME_MAX = 32 };

/* 2026-11-26T14:35:00+01:00, with a NUL. */
void query_time_text(char text[QUERY_TIME_MAX], int64_t time_s);

/* The begin of the local day of a time, and of one so many days later. */
int64_t query_day(int64_t time_s, int later);

/* 2026-11-26, with a NUL. */
void query_day_text(char text[QUERY_TIME_MAX], int64_t time_s);

/* How far local time is ahead. */
int64_t query_offset(int64_t time_s);

#endif
