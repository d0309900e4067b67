/* SPDX-License-Identifier: MIT */
#ifndef NOTICE_H
#define NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An alarm that was raised or cleared, as a record of jk-alarm(1) reports it.  Texts are plain. */

enum notice_key {
	NOTICE_TIME,
	NOTICE_CHANNEL,
	NOTICE_BMS,
	NOTICE_PACK, /* its name, or bms_ADDRESS; of a link its channel */
	NOTICE_LABEL,
	NOTICE_KEY,
	NOTICE_SEVERITY,
	NOTICE_STATE, /* raise or clear */
	NOTICE_SINCE,
	NOTICE_RULE,
	NOTICE_VALUE,
	NOTICE_TEXT,
	NOTICE_KEYS,
};

enum { NOTICE_VALUE_MAX = 255, NOTICE_SENTENCE_MAX = 640 };

struct notice {
	char value[NOTICE_KEYS][NOTICE_VALUE_MAX + 1]; /* empty: the record has none */
};

/* The name of a value in the environment, JK_TIME and so on. */
const char *notice_name(enum notice_key key);

/* False: the line is no record of type alarm.  Cheap for a line that obviously is none. */
bool notice_read(struct notice *n, const char *line, size_t size);

/* One sentence for a person, with a newline.  left_out: earlier alarms that were left out. */
size_t notice_sentence(const struct notice *n, uint64_t left_out, char text[NOTICE_SENTENCE_MAX]);

#endif
