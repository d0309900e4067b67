/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

#include "unit.h"

/* The earliest of many deadlines, of equal ones that with the lowest order, compared with looking at all. */

enum { COUNT = 200 };

static struct deadlines all;
static struct deadline one[COUNT];

static struct deadline *least(int count)
{
	struct deadline *found = &one[0];
	for (int i = 1; i < count; i++)
		if (one[i].at_us < found->at_us ||
		    (one[i].at_us == found->at_us && one[i].order < found->order))
			found = &one[i];
	return found;
}

START_TEST(none)
{
	ck_assert_ptr_null(deadlines_first(&all));
}
END_TEST

/* One that is new is due at once. */
START_TEST(the_first_of_many)
{
	struct chance chance = {11};
	for (int count = 1; count <= COUNT; count++) {
		ck_assert(deadlines_add(&all, &one[count - 1], (uint64_t)(COUNT - count)));
		ck_assert_ptr_eq(deadlines_first(&all), &one[count - 1]);
		ck_assert_int_eq(one[count - 1].at_us, INT64_MIN);
		for (int k = 0; k < 2 * count; k++) {
			/* few values, so that many are equal; the first is changed most, as a timer is */
			uint32_t which = chance_below(&chance, (uint32_t)count);
			struct deadline *d = k % 2 ? &one[which] : deadlines_first(&all);
			deadlines_set(&all, d, chance_below(&chance, 40));
			ck_assert_ptr_eq(deadlines_first(&all), least(count));
		}
		for (int k = 0; k < count; k++)
			deadlines_set(&all, &one[k], 100);
	}
	for (int k = 0; k < COUNT; k++) { /* all of one time, in their order */
		ck_assert_ptr_eq(deadlines_first(&all), &one[COUNT - 1 - k]);
		deadlines_set(&all, deadlines_first(&all), INT64_MAX);
	}
	deadlines_end(&all);
	ck_assert_ptr_null(deadlines_first(&all));
}
END_TEST

/* One that was never added has no place, and is left alone. */
START_TEST(one_that_is_not_among_them)
{
	static struct deadline other;
	ck_assert(deadlines_add(&all, &one[0], 1));
	deadlines_set(&all, &one[0], 50);
	deadlines_set(&all, &other, 5);
	ck_assert_ptr_eq(deadlines_first(&all), &one[0]);
	ck_assert_int_eq(one[0].at_us, 50);
	deadlines_end(&all);
}
END_TEST

UNIT_RUN("deadlines", none, the_first_of_many, one_that_is_not_among_them)
