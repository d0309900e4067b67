/* SPDX-License-Identifier: MIT */
#ifndef STATE_TEXT_H
#define STATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "slice.h"
#include "strbuf.h"

/*
 * A state as text: a first line that names the program and the version, lines, and as the last one a sum,
 * the CRC-16 of Modbus over everything before it.
 *
 *	jk-alarm state 1
 *	...
 *	sum 8C1F
 *
 * It is kept in a file as state_file.h says, the file of option -s, through a buffer that grows with it.
 */

struct state_text {
	size_t least, most;  /* bytes of the buffer: at the start, and at most */
	const char *failure; /* added to the message when the file cannot be written: what follows from it */
	/*
	 * While the file cannot be written the state is in this one, on another file system; NULL: there is
	 * none.  So if it exists, it is newer.  It need not survive a power cut.
	 */
	const char *spare;
	/* its own */
	char *buffer;
	size_t size;
	bool failed, spare_failed;
	bool in_spare; /* it exists */
};

/* The last line of a state that is otherwise complete. */
void state_text_sum(struct strbuf *t);

/*
 * head: the first line, with its newline.  Calls `line` with each line between it and the last one, without
 * its newline, until it returns false.  NULL; or what is wrong with the n bytes.
 */
const char *state_text_read(const char *head, const char *p, size_t n,
			    bool (*line)(void *context, struct slice line), void *context);

/*
 * Reads the file at the start, up to its size, or the spare one.  The content, in *text; false if there is
 * none.  When the program ends is in state_file.h.
 */
bool state_text_load(struct state_text *s, const char *path, struct slice *text);

/* That content is wrong: puts aside the file that it came from, as state_file_damaged. */
void state_text_damaged(struct state_text *s, const char *path, const char *why);

/*
 * Replaces the file by what `write` writes, or if that fails the spare one.  sync: it survives a power cut.
 * A failure is logged once.  Returns whether the file itself was written; *size is the size of the state.
 */
bool state_text_save(struct state_text *s, const char *path, bool sync,
		     void (*write)(struct strbuf *t, void *model), void *model, size_t *size);

#endif
