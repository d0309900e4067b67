/* SPDX-License-Identifier: MIT */
#ifndef QUERY_LISTS_H
#define QUERY_LISTS_H

#include "query_file.h"
#include "query_output.h"

/* Lists: alarms, settings, energy, packs and banks. */

struct query_list;

struct query_list_choice {
	int64_t from_s, to_s;
	const char *packs, *bank, *keys; /* NULL: all */
};

/* The list of that name; NULL: there is none. */
const struct query_list *query_list_find(const char *name);
void query_list_names(struct strbuf *t);

/* The file has the packs as its owners, of which some are chosen. */
void query_list_print(const struct query_list *list, struct query_file *f, struct query_output *o,
		      const struct query_list_choice *choice);

#endif
