/* SPDX-License-Identifier: MIT */
#ifndef CUT_LINE_H
#define CUT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A process that is killed can leave the begin of a line in the pipe that it writes; the first line of its
 * successor then begins in the middle of it:
 *
 *	{"time":1763856000.161234,"channel":"shed","cell_vo{"time":1763856003.000000,...}
 *	(1763856000.161202) shed 01#55AAEB90(1763856003.000000) shed !open /dev/ttyUSB0
 *
 * These functions take a line of n bytes without its newline, and return where the whole line in it begins:
 * at 0, unless a piece of another, or several, stand before it.  The piece is of no use, even if only its
 * newline is missing: nothing shows that the last number or word of an event is complete.
 *
 * No whole line is mistaken for a piece.  In a frame line a time in parentheses stands only at the begin:
 * frames are hex digits, texts of a BMS with them, and no event has one in its words, as what it shows of a
 * command has no parentheses.  A comment may quote a line, and is never divided.  In a record, {"time":
 * within a text would be {\"time\":, and an object that begins so within another is not the end of the line:
 * at least the brace of the other follows.
 */
typedef size_t cut_line_find(const char *p, size_t n);

size_t cut_line_frame(const char *p, size_t n);
size_t cut_line_record(const char *p, size_t n);

/* How much longer than one line a line with pieces may be: a piece of each process that was killed. */
enum { CUT_LINE_MOST = 4 };

/* Counts a piece of n bytes before line `number` (0: unknown) of an input, and logs it; not too often. */
void cut_line_log(const char *name, unsigned long number, size_t n);

/* At the end: logs the number of those that were not logged. */
void cut_line_end(void);

#endif
