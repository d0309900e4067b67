/* SPDX-License-Identifier: MIT */
#include "query_time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "number.h"

enum { HOUR_S = 3600, DAY_S = 86400 };
static const int64_t LAST_S = INT64_C(253402300799); /* the end of the year 9999 */

static struct tm local(int64_t time_s)
{
	time_t t = (time_t)time_s;
	struct tm tm;
	if (!localtime_r(&t, &tm))
		gmtime_r(&t, &tm);
	return tm;
}

/* The offset as seconds: %z of strftime has no colon. */
int64_t query_offset(int64_t time_s)
{
	return local(time_s).tm_gmtoff;
}

void query_time_text(char text[QUERY_TIME_MAX], int64_t time_s)
{
	struct tm tm = local(time_s);
	long offset = tm.tm_gmtoff / 60, minutes = offset < 0 ? -offset : offset;
	size_t n = strftime(text, QUERY_TIME_MAX - 8, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, 8, "%c%02d:%02d", offset < 0 ? '-' : '+', (int)(minutes / 60) % 100,
		 (int)(minutes % 60));
}

void query_day_text(char text[QUERY_TIME_MAX], int64_t time_s)
{
	struct tm tm = local(time_s);
	text[strftime(text, QUERY_TIME_MAX, "%Y-%m-%d", &tm)] = '\0';
}

int64_t query_day(int64_t time_s, int later)
{
	struct tm tm = local(time_s);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday += later;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

/* ---- parts ---- */

static bool pass(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* So many digits; what follows is left to the caller. */
static bool digits(const char **p, size_t count, int64_t max, int *value)
{
	int64_t number;
	size_t n = strspn(*p, "0123456789");
	if (n < count || !number_parse(*p, count, 0, max, &number))
		return false;
	*value = (int)number;
	*p += count;
	return true;
}

struct moment {
	struct tm tm;
	bool zoned; /* offset_s is given */
	int offset_s;
};

static bool read_zone(const char **p, struct moment *m)
{
	int hours, minutes = 0;
	char sign = **p;
	if (pass(p, 'Z')) {
		m->zoned = true;
		return true;
	}
	if (!pass(p, '+') && !pass(p, '-'))
		return true; /* local time */
	if (!digits(p, 2, 14, &hours))
		return false;
	pass(p, ':');
	if (**p && !digits(p, 2, 59, &minutes))
		return false;
	m->zoned = true;
	m->offset_s = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

static bool read_clock(const char **p, struct moment *m)
{
	if (!digits(p, 2, 23, &m->tm.tm_hour) || !pass(p, ':') || !digits(p, 2, 59, &m->tm.tm_min))
		return false;
	if (pass(p, ':') && !digits(p, 2, 59, &m->tm.tm_sec))
		return false;
	return read_zone(p, m);
}

static bool finish(const char *p, const struct moment *m, int64_t *time_s)
{
	struct tm tm = m->tm;
	if (*p)
		return false;
	tm.tm_isdst = -1;
	int64_t t = m->zoned ? timegm(&tm) - m->offset_s : mktime(&tm);
	/* There is no 31st of June. */
	if (tm.tm_mday != m->tm.tm_mday || tm.tm_mon != m->tm.tm_mon)
		return false;
	if (t < 0 || t > LAST_S)
		return false;
	*time_s = t;
	return true;
}

/* ---- forms ---- */

static bool read_date(const char *p, int64_t *time_s)
{
	struct moment m = {.tm = {.tm_mday = 1}};
	if (!digits(&p, 4, 9999, &m.tm.tm_year))
		return false;
	m.tm.tm_year -= 1900;
	if (pass(&p, '-')) {
		if (!digits(&p, 2, 12, &m.tm.tm_mon) || m.tm.tm_mon-- == 0)
			return false;
		if (pass(&p, '-') && (!digits(&p, 2, 31, &m.tm.tm_mday) || m.tm.tm_mday == 0))
			return false;
	}
	if ((pass(&p, 'T') || pass(&p, ' ')) && !read_clock(&p, &m))
		return false;
	return finish(p, &m, time_s);
}

/* So many days back, with or without a clock behind it. */
static bool read_day(const char *p, int64_t now_s, int days, int64_t *time_s)
{
	struct moment m = {.tm = local(query_day(now_s, days))};
	if ((pass(&p, ' ') || pass(&p, 'T')) && !read_clock(&p, &m))
		return false;
	return finish(p, &m, time_s);
}

static const char *const day_names[] = {"sunday",   "monday", "tuesday", "wednesday",
					"thursday", "friday", "saturday"};

static bool read_word(const char *p, int64_t now_s, int64_t *time_s)
{
	size_t n = strcspn(p, " T");
	if (n == 3 && strncasecmp(p, "now", n) == 0 && !p[n]) {
		*time_s = now_s;
		return true;
	}
	static const struct {
		const char *name;
		int days;
	} words[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].name) == n && strncasecmp(p, words[i].name, n) == 0)
			return read_day(p + n, now_s, words[i].days, time_s);
	int today = local(now_s).tm_wday;
	for (int day = 0; day < 7; day++)
		if (strlen(day_names[day]) == n && strncasecmp(p, day_names[day], n) == 0)
			return read_day(p + n, now_s, -((today - day + 7) % 7), time_s);
	return false;
}

/* Days and what is longer follow the calendar: a day ago it was as late as now. */
static bool read_back(const char *p, int64_t now_s, int64_t *time_s)
{
	int64_t count;
	int sign = *p == '-' ? -1 : 1;
	size_t n = strspn(++p, "0123456789");
	if (!number_parse(p, n, 0, 1000000000, &count))
		return false;
	p += n;
	struct moment m = {.tm = local(now_s)};
	int by = (int)count * sign, *field = strcmp(p, "d") == 0    ? &m.tm.tm_mday
					     : strcmp(p, "mo") == 0 ? &m.tm.tm_mon
					     : strcmp(p, "y") == 0  ? &m.tm.tm_year
								    : NULL;
	int64_t seconds = strcmp(p, "s") == 0                            ? 1
			  : strcmp(p, "m") == 0 || strcmp(p, "min") == 0 ? 60
			  : strcmp(p, "h") == 0                          ? HOUR_S
									 : 0;
	if (strcmp(p, "w") == 0 && count < 100000)
		field = &m.tm.tm_mday, by *= 7;
	if (field && count < 1000000)
		*field += by, m.tm.tm_isdst = -1, *time_s = mktime(&m.tm);
	else if (seconds > 0)
		*time_s = now_s + sign * count * seconds;
	else
		return false;
	if (*time_s < 0) /* all that there is */
		*time_s = 0;
	return *time_s <= LAST_S;
}

bool query_time(const char *text, int64_t now_s, int64_t *time_s)
{
	const char *p = text;
	if (*p == '@')
		return number_option(p + 1, 0, LAST_S, time_s);
	if (*p == '-' || *p == '+')
		return read_back(p, now_s, time_s);
	if (isalpha((unsigned char)*p))
		return read_word(p, now_s, time_s);
	if (strlen(p) >= 4 && p[2] == ':') { /* a clock alone is today's */
		struct moment m = {.tm = local(query_day(now_s, 0))};
		return read_clock(&p, &m) && finish(p, &m, time_s);
	}
	return read_date(p, time_s);
}
