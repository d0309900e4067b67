/* SPDX-License-Identifier: MIT */
#ifndef QUERY_VALUES_H
#define QUERY_VALUES_H

#include "query_file.h"
#include "query_output.h"

/* Values over time: a row for each step and pack, or bank. */

enum { QUERY_KEYS_MAX = 96 };

enum query_step { STEP_MINUTE, STEP_QUARTER, STEP_HOUR, STEP_DAY, QUERY_STEPS };

struct query_values {
	int64_t from_s, to_s;
	enum query_step step;
	unsigned keys;
	struct {
		int column; /* of the series; or from -1 down a cell, -1 being cell 1 */
	} key[QUERY_KEYS_MAX];
};

/* "1h"; false: it is no step. */
bool query_values_step(const char *name, enum query_step *step);
void query_values_steps(struct strbuf *t);

/* A step with which such a time has a readable number of rows. */
enum query_step query_values_suits(int64_t length_s);

/* Takes KEY,KEY...; ends the program at a wrong one. */
void query_values_keys(struct query_values *v, enum history_kind kind, const char *keys);

void query_values_print(struct query_values *v, struct query_file *f, struct query_output *o);

#endif
