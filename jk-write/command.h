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

/*
 * A command, jk-command(5), from the words that somebody wrote to its result:
 *
 *   [CHANNEL:]BMS KEY VALUE [ID [@TIME]]
 */

enum {
	COMMAND_LINE_MAX = 512, /* bytes of a command's line, its newline included */
	BMS_MIN = 1,            /* 0 is the bus master, which answers nobody */
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
	RESULT_VALID,
	RESULTS,
};

/* Its word in the event: "confirmed". */
const char *result_name(enum result result);

/* The number of a word; RESULT_NONE if it is none. */
enum result result_find(const char *word, size_t n);

enum step {
	STEP_WAITING,      /* for its turn */
	STEP_ABOUT,        /* the about frame is read, for firmware or rating */
	STEP_BEFORE,       /* the frame that holds the register is read */
	STEP_SENT,         /* the write is out, and not yet acknowledged */
	STEP_READING_BACK, /* acknowledged, or given up; the frame is read again */
	STEP_DONE,         /* it has a result */
	STEPS,
};

struct command {
	/*
	 * The words, fit for an event: without blanks and control characters, cut to size, "-" if missing.  The value of a key
	 * that cannot be set is "*": it may be a passcode.
	 */
	char id[ID_MAX + 1], bms[BMS_WORD_MAX + 1], key[KEY_MAX + 1], value[SETTING_VALUE_MAX + 1];
	const char *origin; /* the FIFO that it came from */

	char channel[CHANNEL_MAX + 1]; /* "" if none was named */
	uint8_t address;
	const struct field *field;
	enum frame_type type; /* the frame that holds the setting */
	int64_t raw;          /* what is asked for, in the wire's units */
	bool timed;           /* the command has a TIME: */
	int64_t time_us;      /* since 1970 */

	enum step step;
	bool resolved;     /* the channel is known, and may be written to */
	int64_t since_us;  /* came */
	unsigned tries;    /* of this step that found no answer */
	unsigned readings; /* of a shared register, until two agree */
	bool acknowledged, retried, may_be_written;
	bool reported;     /* its result; the slot waits for those before it to be free */
	int64_t done_us;   /* when it was seen to be done; 0: not yet */
	uint8_t exception; /* the answer to the write; 0: it was none */
	uint8_t before[FRAME_SIZE];
	uint8_t write[REQUEST_MAX];
	size_t write_size;

	enum result result;
	char why[WHY_MAX + 1];
};

/*
 * Takes the n bytes of a line without its newline.  True: channel, address, field, type and raw are set.  False: result and
 * why are; the words are as far as there are any.
 */
bool command_parse(struct command *c, const char *p, size_t n);

/* Is there nothing in this line: blanks, or a comment? */
bool command_is_blank(const char *p, size_t n);

/*
 * Is it a line of the frame stream?  It begins with "(", as no command does.  A result must never be taken for a command,
 * or two programs could answer each other without end.
 */
bool command_is_stream(const char *p, size_t n);

/*
 * May this word be the ID of a command, and so the name of a reply FIFO?  1 to 64 letters, digits, _ and -, the first of them
 * no -: never a path, and not "cmd", which is the usual name of a FIFO of commands.
 */
bool command_id_valid(const char *p, size_t n);

/* The result, once and for all, with its reason: as printf. */
__attribute__((format(printf, 3, 4))) void command_finish(struct command *c, enum result result,
							  const char *format, ...);

/* "!write ID BMS KEY VALUE RESULT "WHY"", without what begins a line. */
void command_event(struct strbuf *t, const struct command *c);

#endif
