/* SPDX-License-Identifier: MIT */
#include "device_state.h"

#include <stdlib.h>
#include <string.h>

#include "payload.h"

void state_forget(struct state *s)
{
	json_object_put(s->newest);
	s->newest = NULL;
	s->line_size = 0;
}

bool state_keep(struct state *s, const struct json_record *r)
{
	state_forget(s);
	if (s->line_room < r->line.n) {
		char *more = realloc(s->line, r->line.n + r->line.n / 4);
		if (!more)
			return false;
		s->line = more;
		s->line_room = r->line.n + r->line.n / 4;
	}
	memcpy(s->line, r->line.p, r->line.n);
	s->line_size = r->line.n;
	s->line_large = r->large;
	return true;
}

void state_keep_tree(struct state *s, struct json_object *tree)
{
	state_forget(s);
	s->newest = tree;
}

bool state_waits(const struct state *s)
{
	return s->newest || s->line_size > 0;
}

struct json_object *state_take(struct state *s)
{
	struct json_object *tree = s->newest;
	if (!tree && s->line_size > 0) {
		tree = json_record_tree(s->line, s->line_size, s->line_large);
		if (tree)
			payload_strip(tree);
	}
	s->newest = NULL;
	s->line_size = 0;
	return tree;
}
