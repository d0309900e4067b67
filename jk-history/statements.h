/* SPDX-License-Identifier: MIT */
#ifndef STATEMENTS_H
#define STATEMENTS_H

/*
 * What is written to the file besides minutes and hours.  Each may be repeated: it then changes nothing.  An
 * import gives what the live stream gave.
 */

enum statement {
	STATEMENT_PACK,    /* id, label, model, firmware, cells, time */
	STATEMENT_BANK,    /* id, time */
	STATEMENT_CELLS,   /* time, pack, 32 cells */
	STATEMENT_ALARM,   /* pack, raised, key, cleared, severity, text */
	STATEMENT_ENERGY,  /* day, pack, bank, 4 counters */
	STATEMENT_BALANCE, /* day, pack, 5 durations, resistance, its error, capacity, weakest 3, cells */
	STATEMENT_SCORE,   /* day, pack, worst, at, reason, incidents */
	STATEMENT_SETTING, /* pack, key, time, value */
	STATEMENT_SETTING_NEXT, /* the same: what comes behind it in time */
	STATEMENT_SETTING_SAME, /* pack, key, time */
	STATEMENT_COMMAND,      /* pack, key, command, from, to */
	STATEMENTS,
};

extern const char *const statement_texts[STATEMENTS];

#endif
