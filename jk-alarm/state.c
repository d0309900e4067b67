/* SPDX-License-Identifier: MIT */
#include "state.h"

#include "log.h"
#include "state_names.h"
#include "state_read.h"
#include "state_text.h"
#include "state_write.h"

static struct state_text file = {.least = STATE_LEAST, .most = STATE_MAX, .failure = ""};

void state_load(struct model *m, struct members *members, const char *path, const char *spare)
{
	unsigned dropped = 0;
	struct slice text;
	file.spare = spare;
	if (!state_text_load(&file, path, &text))
		return;
	const char *wrong = state_read(m, members, text.p, text.n, &dropped);
	if (wrong) {
		state_text_damaged(&file, path, wrong);
		model_begin(m, m->rules);
	} else if (dropped > 0) {
		log_line("-s %s: dropped %u alarms whose rule no longer exists", path, dropped);
	}
}

static void write_model(struct strbuf *t, void *model)
{
	state_write(t, model);
}

size_t state_save(struct model *m, const char *path)
{
	size_t size;
	m->dirty = !state_text_save(&file, path, true, write_model, m, &size);
	return size;
}
