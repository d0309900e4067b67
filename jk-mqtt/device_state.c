/* SPDX-License-Identifier: MIT */
#include "device_state.h"

#include <stdlib.h>
#include <string.h>

#include "payload.h"

bool kept_line_set(struct kept_line *line, const struct json_record *r)
{
	line->size = 0;
	if (line->room < r->line.n) {
		char *more = realloc(line->text, r->line.n + r->line.n / 4);
		if (!more)
			return false;
		line->text = more;
		line->room = r->line.n + r->line.n / 4;
	}
	memcpy(line->text, r->line.p, r->line.n);
	line->size = r->line.n;
	line->large = r->large;
	return true;
}

struct json_object *kept_line_tree(const struct kept_line *line)
{
	struct json_object *tree =
		line->size > 0 ? json_record_tree(line->text, line->size, line->large) : NULL;
	if (tree)
		payload_strip(tree);
	return tree;
}
