/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "frame_line.h"
#include "modbus.h"
#include "setting.h"
#include "slice.h"

/*
 * A command, jk-command(5), from its words to its result:
 *
 *   [CHANNEL:]BMS KEY VALUE [ID [@TIME]]
 */

enum {
	COMMAND_LINE_MAX = 512, /* bytes of the line, newline included */
	BMS_MIN = 1,            /* 0 is a master BMS, which answers no request */
	BMS_MAX = MODBUS_ADDRESS_MAX,
	ID_MAX = 64,
	BMS_WORD_MAX = CHANNEL_MAX + 4, /* channel, colon and three digits */
	KEY_MAX = 63,
	WHY_MAX = 320,
	REQUEST_MAX = MODBUS_WRITE_OVERHEAD + SETTING_BYTES_MAX, /* bytes of a write of one setting */
};

enum result {
	RESULT_NONE,
	RESULT_CONFIRMED,
	RESULT_REJECTED,
	RESULT_REFUSED,
	RESULT_MISMATCH,
	RESULT_TIMEOUT,
	RESULT_BUSY,
	RESULT_LISTENING_ONLY,
	RESULT_UNKNOWN,
	RESULT_VALID, /* it would be written */
	RESULTS,
};

/* Its word in the event: "confirmed". */
const char *result_name(enum result result);

/* The result with that name; RESULT_NONE if there is none. */
enum result result_find(const char *word, size_t n);

enum step {
	STEP_WAITING,      /* for its turn */
	STEP_ABOUT,        /* reading the about frame, for firmware or rating */
	STEP_BEFORE,       /* reading the frame that holds the register */
	STEP_SENT,         /* the write is out and not yet acknowledged */
	STEP_READING_BACK, /* acknowledged, or not; reading the frame again */
	STEP_DONE,         /* it has a result */
	STEPS,
};

struct command {
	/*
	 * The words as an event shows them: without blanks and control characters, cut to size, "-" if
	 * missing.  The value of a key that cannot be set is "*", since it may be a passcode.
	 */
	char id[ID_MAX + 1], bms[BMS_WORD_MAX + 1], key[KEY_MAX + 1], value[SETTING_VALUE_MAX + 1];
	const char *origin; /* the FIFO from which it came */

	char channel[CHANNEL_MAX + 1]; /* "" if none was named */
	uint8_t address;
	const struct field *field;
	enum frame_type type; /* the frame that holds the setting */
	int64_t raw;          /* the value to set, in the units of the wire */
	bool check;           /* it is only checked: nothing is written */
	bool timed;           /* the command has a TIME: */
	int64_t time_us;      /* since 1970 */

	enum step step;
	bool resolved;     /* the channel is known, and may be written to */
	int64_t since_us;  /* when it came */
	unsigned tries;    /* requests of this step without an answer */
	unsigned readings; /* of a shared register, until two agree */
	bool acknowledged, retried, may_be_written;
	bool saved_as_written; /* from the first attempt to hand the write to a capture */
	bool reported;         /* its slot becomes free after those before it */
	int64_t done_us;       /* when its result was first due; 0: not yet */
	uint8_t exception;     /* the answer to the write; 0: no exception */
	uint8_t before[FRAME_SIZE];
	uint8_t write[REQUEST_MAX];
	size_t write_size;

	enum result result;
	char why[WHY_MAX + 1];
};

/*
 * Parses the n bytes of a line without its newline.  True: channel, address, field, type and raw are set.
 * False: result and why are set, and the words as far as there are any.
 */
bool command_parse(struct command *c, const char *p, size_t n);

/* Is the line blank or a comment? */
bool command_is_blank(const char *p, size_t n);

/*
 * Is it a line of the frame stream, which begins with "(", as no command does?  A result must never be taken
 * for a command, or two programs could answer each other forever.
 */
bool command_is_stream(const char *p, size_t n);

/* Parses the word [CHANNEL:]BMS.  False: it is none, and result and why are set. */
bool command_parse_bms(struct command *c, struct slice word);

/*
 * May this word be the ID of a command, and so the name of a reply FIFO?  1 to 64 letters, digits, _ and -,
 * not beginning with -: it is never a path, nor "cmd", the usual name of the FIFO of commands.
 */
bool command_id_valid(const char *p, size_t n);

/* Sets the final result and its reason, formatted as by printf. */
__attribute__((format(printf, 3, 4))) void command_finish(struct command *c, enum result result,
							  const char *format, ...);

/*
 * Appends the event of the result, "!write ID BMS KEY VALUE RESULT "WHY"", without time and channel; of one
 * that is only checked "!check ...".
 */
void command_event(struct strbuf *t, const struct command *c);

#endif
