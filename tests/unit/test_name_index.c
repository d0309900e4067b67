/* SPDX-License-Identifier: MIT */
#include "name_index.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { MANY = 5000 };

static struct thing {
	char name[32];
	struct name_entry entry;
} things[MANY];

static struct name_index x;

static void make(size_t count)
{
	memset(things, 0, sizeof things);
	name_index_end(&x);
	for (size_t i = 0; i < count; i++) {
		snprintf(things[i].name, sizeof things[i].name, "pack_%zu", i);
		ck_assert(name_index_add(&x, &things[i].entry, &things[i], things[i].name,
					 strlen(things[i].name)));
	}
}

static struct thing *find(const char *name)
{
	return name_index_find(&x, name, strlen(name));
}

START_TEST(an_empty_index_has_nothing)
{
	make(0);
	ck_assert_ptr_null(find(""));
	ck_assert_ptr_null(find("pack_0"));
}
END_TEST

START_TEST(each_of_many_is_found)
{
	make(MANY);
	ck_assert_uint_eq(x.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_ptr_eq(find(things[i].name), &things[i]);
	ck_assert_ptr_null(find("pack_5000"));
	ck_assert_ptr_null(find("pack_"));
	ck_assert_ptr_null(name_index_find(&x, "pack_11", 5));
}
END_TEST

START_TEST(what_was_removed_is_not_found)
{
	make(MANY);
	for (size_t i = 0; i < MANY; i += 3)
		name_index_remove(&x, &things[i].entry);
	name_index_remove(&x, &things[0].entry);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_ptr_eq(find(things[i].name), i % 3 == 0 ? NULL : &things[i]);
	ck_assert_uint_eq(x.count, MANY - (MANY + 2) / 3);
}
END_TEST

START_TEST(of_two_with_one_name_the_first_is_found)
{
	make(100);
	struct thing other = {.name = "pack_7"};
	ck_assert(name_index_add(&x, &other.entry, &other, other.name, 6));
	ck_assert_ptr_eq(find("pack_7"), &things[7]);
	name_index_remove(&x, &things[7].entry);
	ck_assert_ptr_eq(find("pack_7"), &other);
	name_index_remove(&x, &other.entry);
	ck_assert_ptr_null(find("pack_7"));
}
END_TEST

START_TEST(names_of_any_bytes)
{
	make(0);
	memcpy(things[0].name, "a\0b", 3);
	ck_assert(name_index_add(&x, &things[0].entry, &things[0], things[0].name, 3));
	ck_assert_ptr_eq(name_index_find(&x, "a\0b", 3), &things[0]);
	ck_assert_ptr_null(name_index_find(&x, "a\0c", 3));
	ck_assert_ptr_null(name_index_find(&x, "a", 1));
}
END_TEST

/* clang-format off */
UNIT_RUN("name_index", an_empty_index_has_nothing, each_of_many_is_found, what_was_removed_is_not_found,
	 of_two_with_one_name_the_first_is_found, names_of_any_bytes)
