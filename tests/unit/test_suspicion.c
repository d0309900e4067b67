/* SPDX-License-Identifier: MIT */
#include "suspicion.h"

#include "unit.h"

/* Which messages end connections. */

static struct suspicions all;

/* The connection ends with this message in flight, alone from the second time on. */
static struct suspicion ended(size_t size, unsigned times, bool closed)
{
	struct suspicion s = {0};
	for (unsigned i = 0; i <= times; i++)
		suspicion_ended(&all, &s, size, i > 0, closed);
	return s;
}

START_TEST(what_closes_it_twice_alone)
{
	static const struct {
		unsigned times;
		bool closed, refused;
	} cases[] = {
		{0, true, false}, {1, true, false}, {2, true, true}, {3, false, false}, {4, false, true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		all = (struct suspicions){0};
		struct suspicion s = ended(100, cases[i].times, cases[i].closed);
		ck_assert(suspicion_refuses(&all, &s, 100) == cases[i].refused);
		ck_assert(!suspicion_refuses(&all, &s, 99));
	}
}
END_TEST

/* Two that the broker refuses make a limit for all others: the smaller one's size. */
START_TEST(a_limit)
{
	static const struct suspicion other;
	static const size_t sizes[][2] = {{100, 90}, {90, 100}};
	for (int i = 0; i < 2; i++) {
		all = (struct suspicions){0};
		ended(sizes[i][0], 2, true);
		ck_assert(!suspicion_refuses(&all, &other, 1000));
		ended(sizes[i][1], 2, true);
		ck_assert(suspicion_refuses(&all, &other, 90));
		ck_assert(!suspicion_refuses(&all, &other, 89));
	}
}
END_TEST

/* It is not the size if a message as long was taken. */
START_TEST(no_limit_below_what_was_taken)
{
	static const struct suspicion other;
	all = (struct suspicions){0};
	suspicion_taken(&all, 90);
	suspicion_taken(&all, 80);
	struct suspicion s = ended(90, 2, true);
	ck_assert(suspicion_refuses(&all, &s, 90));
	ended(80, 2, true);
	ended(91, 2, true);
	ck_assert(!suspicion_refuses(&all, &other, 1000));
	ended(92, 2, true);
	ck_assert(suspicion_refuses(&all, &other, 91));
	ck_assert(!suspicion_refuses(&all, &other, 90));
}
END_TEST

UNIT_RUN("suspicion", what_closes_it_twice_alone, a_limit, no_limit_below_what_was_taken)
