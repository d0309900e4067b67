/* SPDX-License-Identifier: MIT */
#include "slice.h"
#include "unit.h"

START_TEST(equal_pieces)
{
	const struct slice none = {NULL, 0}, empty = slice_of("");
	ck_assert(slice_equal(slice_of("cell"), slice_of("cell")));
	ck_assert(!slice_equal(slice_of("cell"), slice_of("cells")));
	ck_assert(!slice_equal(slice_of("cell"), slice_of("call")));
	ck_assert(slice_equal(none, empty));
	ck_assert(slice_is(slice_of("cell"), "cell"));
	ck_assert(!slice_is(slice_of("cell"), "cel"));
	ck_assert(!slice_is(slice_of("cel"), "cell"));
	ck_assert(slice_is(empty, ""));
	ck_assert(!slice_is(none, ""));
}
END_TEST

START_TEST(words_of_a_line)
{
	struct slice rest = {"  one two   three  beyond", 18}; /* up to the blank behind "three" */
	ck_assert(slice_is(slice_word(&rest), "one"));
	ck_assert(slice_is(slice_word(&rest), "two"));
	ck_assert(slice_is(slice_word(&rest), "three"));
	ck_assert_uint_eq(slice_word(&rest).n, 0);
	ck_assert_uint_eq(rest.n, 0);
	struct slice tabs = slice_of("a\tb c");
	ck_assert(slice_is(slice_word(&tabs), "a\tb"));
	ck_assert(slice_is(slice_word(&tabs), "c"));
}
END_TEST

UNIT_RUN("slice", equal_pieces, words_of_a_line)
