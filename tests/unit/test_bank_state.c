/* SPDX-License-Identifier: MIT */
#include "bank_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bank_engine.h"
#include "bank_score.h"
#include "cell_stats.h"
#include "logged.h"
#include "state_folder.h"
#include "state_text.h"

/* The state file of jk-bank: each number has its place, and what is damaged is not used. */

static struct bank_model model;
static struct members members;
static char text[1 << 16], again[1 << 16];
static struct strbuf t;

static void fresh(void)
{
	memset(&model, 0, sizeof model);
	ck_assert_ptr_null(bank_model_add(&model, "house", 5, NULL));
	reading_keys_begin(&members);
	t = (struct strbuf){.data = text, .capacity = sizeof text - 1};
	strbuf_string(&t, "jk-bank state 1\ntime 1763856000.161234\n");
}

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
	char words[256];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	strbuf_string(&t, words);
	strbuf_char(&t, '\n');
}

/* A line of a word and so many numbers from one on, each another one. */
static void numbers(const char *word, int64_t first, unsigned count)
{
	strbuf_string(&t, word);
	for (unsigned i = 0; i < count; i++) {
		strbuf_char(&t, ' ');
		strbuf_decimal(&t, first + i, 0);
	}
	strbuf_char(&t, '\n');
}

static const char *read_state(void)
{
	state_text_sum(&t);
	ck_assert(!t.overflow);
	text[t.size] = '\0';
	return bank_state_read(&model, &members, text, t.size);
}

static const char *written(void)
{
	struct strbuf u = {.data = again, .capacity = sizeof again - 1};
	bank_state_write(&u, &model);
	ck_assert(!u.overflow);
	again[u.size] = '\0';
	return again;
}

static void ledgers(int64_t first)
{
	numbers("total", first, 2 * LEDGER_SUMS);
	numbers("today", first + 100, 2 * LEDGER_SUMS);
	numbers("yesterday", first + 200, 2 * LEDGER_SUMS);
	numbers("day", first + 300, 2);
}

/* All that can be kept. */
static void whole_state(void)
{
	char word[32];
	fresh();
	line("pack \"shed\" 1 \"north\"");
	ledgers(1000);
	numbers("point", 2000, 6);
	line("cells 11 3 -1 -44 55 66");
	line("period 0 10 20 5 30 40 50 60 70 81 82 83 84");
	line("period 1 11 21 2 31 41 51 61 71 91 92 93 94");
	numbers("cell 0", 100, 5 + CELL_STATES);
	numbers("cell 2", 200, 5 + CELL_STATES);
	snprintf(word, sizeof word, "cell %d", BANK_CELLS + 1);
	numbers(word, 300, 5 + CELL_STATES);
	numbers("drift 0", 500, 1 + BANK_CELLS);
	snprintf(word, sizeof word, "drift %d", CELL_DAYS - 1);
	numbers(word, 600, 1 + BANK_CELLS);
	line("score 2 80 1763856000000000 20415 3");
	line("pack \"a.b\\\"c\" 0 \"\"");
	ledgers(4000);
	numbers("point", -3, 6);
	line("link \"shed\"");
	line("score 1 70 1763856000000001 20414 0");
	line("bank \"house\"");
	ledgers(7000);
	line("settings 20415");
}

START_TEST(each_number_has_its_place)
{
	whole_state();
	ck_assert_ptr_null(read_state());
	ck_assert_int_eq(model.time_us, INT64_C(1763856000161234));
	ck_assert_uint_eq(model.packs, 2);
	const struct pack *pack = model.pack[0];
	ck_assert_str_eq(pack->name, "north");
	ck_assert(pack->has_point && pack->resumed);
	ck_assert_int_eq(pack->point_us, 2000);
	ck_assert_int_eq(pack->point_uw, 2001);
	ck_assert_int_eq(pack->point_ma, 2002);
	ck_assert_int_eq(pack->seen_us, 2003);
	ck_assert_int_eq(pack->full_mah, 2004);
	ck_assert_int_eq(pack->usual_us, 2005);
	ck_assert_int_eq(pack->ledger.total[0].whole, 1000);
	ck_assert_int_eq(pack->ledger.total[0].rest, 1001);
	ck_assert_int_eq(pack->ledger.today[1].whole, 1102);
	ck_assert_int_eq(pack->ledger.yesterday[LEDGER_SUMS - 1].rest, 1200 + 2 * LEDGER_SUMS - 1);
	ck_assert_int_eq(pack->ledger.day, 1300);
	ck_assert_int_eq(pack->ledger.gap_us, 1301);
	const struct pack_cells *c = pack->cells;
	ck_assert_int_eq(c->balancing_day_ms, 11);
	ck_assert_int_eq(c->next_day, 3);
	ck_assert_int_eq(c->side, -1);
	ck_assert_int_eq(c->moved_mams, -44);
	ck_assert_int_eq(c->measured_mah, 55);
	ck_assert_int_eq(c->measured_us, 66);
	ck_assert_int_eq(c->hour.since_us, 10);
	ck_assert_int_eq(c->hour.index, 20);
	ck_assert_uint_eq(c->hour.cells, 5);
	ck_assert_int_eq(c->hour.balancing_ms, 30);
	ck_assert_int_eq(c->hour.steps, 40);
	ck_assert_int_eq(c->hour.di_di, 50);
	ck_assert_int_eq(c->hour.dv_di, 60);
	ck_assert_int_eq(c->hour.dv_dv, 70);
	ck_assert_int_eq(c->hour.state_ms[CELL_STATES - 1], 84);
	ck_assert_int_eq(c->day.state_ms[0], 91);
	ck_assert_int_eq(c->hour.cell[2].highest_ms, 200);
	ck_assert_int_eq(c->hour.cell[2].lowest_ms, 201);
	ck_assert_int_eq(c->hour.cell[2].balancing_ms, 202);
	ck_assert_int_eq(c->hour.cell[2].dv_di, 203);
	ck_assert_int_eq(c->hour.cell[2].dv_dv, 204);
	ck_assert_int_eq(c->hour.cell[2].deviation[1], 206);
	ck_assert_int_eq(c->day.cell[1].highest_ms, 300);
	ck_assert_int_eq(c->days[0].day, 500);
	ck_assert_int_eq(c->days[0].rest[BANK_CELLS - 1], 500 + BANK_CELLS);
	ck_assert_int_eq(c->days[CELL_DAYS - 1].day, 600);
	ck_assert_int_eq(pack->score->incidents, 2);
	ck_assert_int_eq(pack->score->worst, 80);
	ck_assert_int_eq(pack->score->worst_us, INT64_C(1763856000000000));
	ck_assert_int_eq(pack->score->day, 20415);
	ck_assert_int_eq(pack->score->health, 3);
	ck_assert_int_eq(model.pack[1]->bms, 0);
	ck_assert_uint_eq(model.pack[1]->channel_size, 5);
	ck_assert_int_eq(model.link[model.links - 1]->score->worst, 70);
	ck_assert_int_eq(model.bank[0].ledger.total[0].whole, 7000);
	ck_assert_int_eq(model.bank[0].settings_day, 20415);
	ck_assert_str_eq(written(), text);
	bank_model_forget(&model);
}
END_TEST

/* What a line may not be: then nothing is read, and the model has its banks only. */
START_TEST(lines_that_are_wrong)
{
	static const char *const rows[] = {
		"pack \"shed\" 16 \"\"",
		"pack \"shed\" 256 \"\"",
		"pack \"shed\" x \"\"",
		"pack \"shed\" 1 north",
		"pack \"shed\" 1",
		"pack shed 1 \"\"",
		"link shed",
		"bank house",
		"packs \"shed\" 1 \"\"",
		"day 1 2", /* of nothing */
		"bank \"house\"\nday 1",
		"bank \"house\"\nday 1 2 3",
		"bank \"house\"\nday 1 x",
		"bank \"house\"\nday 1 9000000000000000000",
		"bank \"house\"\nscore 1 2 3 4 0",
		"bank \"house\"\npoint 1 2 3 4 5 6",
		"link \"shed\"\nday 1 2",
		"pack \"shed\" 1 \"\"\nsettings 1",
		"pack \"shed\" 1 \"\"\nperiod 2 11 21 2 31 41 51 61 71 91 92 93 94",
		"pack \"shed\" 1 \"\"\nperiod 11 21 2 31 41 51 61 71 91 92 93 94",
		"pack \"shed\" 1 \"\"\ncells 11 -1 -1 -44 55 66",
		"pack \"shed\" 1 \"\"\nscore 2 80 1 2 -1",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fresh();
		line("%s", rows[i]);
		ck_assert_msg(read_state() != NULL, "%s", rows[i]);
		ck_assert_uint_eq(model.packs, 0);
		bank_model_forget(&model);
	}
}
END_TEST

/* A bank that is not in the configuration any more is dropped, whatever its lines have. */
START_TEST(a_bank_that_is_gone)
{
	fresh();
	line("bank \"gone\"");
	ledgers(1);
	line("score 1 2 3 4 0");
	line("bank \"house\"");
	ledgers(9);
	ck_assert_ptr_null(read_state());
	ck_assert_int_eq(model.bank[0].ledger.total[0].whole, 9);
	ck_assert_ptr_null(strstr(written(), "gone"));
	bank_model_forget(&model);
}
END_TEST

/* An index that is too large leaves the one that was there. */
START_TEST(small_numbers)
{
	fresh();
	line("pack \"shed\" 1 \"\"");
	line("cells 0 %d 2 0 0 0", CELL_DAYS);
	ck_assert_ptr_null(read_state());
	ck_assert_int_eq(model.pack[0]->cells->next_day, 0);
	ck_assert_int_eq(model.pack[0]->cells->side, 0);
	bank_model_forget(&model);
	fresh();
	line("pack \"shed\" 1 \"\"");
	line("cells 0 %d 1 0 0 0", CELL_DAYS - 1);
	ck_assert_ptr_null(read_state());
	ck_assert_int_eq(model.pack[0]->cells->next_day, CELL_DAYS - 1);
	ck_assert_int_eq(model.pack[0]->cells->side, 1);
	bank_model_forget(&model);
}
END_TEST

static const char *load(int64_t real_us)
{
	fresh();
	catch_log();
	bank_state_load(&model, &members, path, NULL, real_us);
	return release_log();
}

START_TEST(the_file)
{
	const int64_t time_us = INT64_C(1763856000161234);
	begin_folder();
	ck_assert_str_eq(load(time_us), "");
	ck_assert_uint_eq(model.packs, 0);
	whole_state();
	ck_assert_ptr_null(read_state());
	model.dirty = true;
	bank_state_save(&model, path, true);
	ck_assert(!model.dirty);
	ck_assert_str_eq(text_of(path), text);
	bank_model_forget(&model);
	ck_assert_str_eq(load(time_us - 2000000), "");
	ck_assert_uint_eq(model.packs, 2);
	ck_assert(model.pack[0]->has_point && model.pack[0]->resumed);
	bank_model_forget(&model);
	/* from the future: its last samples are not those of this clock */
	ck_assert_ptr_nonnull(strstr(load(time_us - 7000000), "it is from 7 s in the future"));
	ck_assert(!model.pack[0]->has_point && !model.pack[1]->resumed);
	bank_model_forget(&model);
	ck_assert_ptr_nonnull(strstr(load(time_us - 2000001), "it is from 2 s in the future"));
	bank_model_forget(&model);
	put("jk-bank state 1\nnothing\n");
	ck_assert_ptr_nonnull(strstr(load(time_us), ".bad"));
	ck_assert_uint_eq(model.packs, 0);
	ck_assert_str_eq(text_of(bad), "jk-bank state 1\nnothing\n");
	ck_assert_str_eq(text_of(path), "none");
	bank_model_forget(&model);
	end_folder();
}
END_TEST

UNIT_RUN("bank_state", each_number_has_its_place, lines_that_are_wrong, a_bank_that_is_gone, small_numbers,
	 the_file)
