/* SPDX-License-Identifier: MIT */
#ifndef BROKER_STATUS_H
#define BROKER_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "status_file.h"

/*
 * --status: a file that shows whether the broker is connected, since when, and if not, why.  One line, of
 * fields with tabs between them, written on change:
 *
 *	broker	HOST:PORT	connected|disconnected	SINCE	WORDS	PROCESS
 */

struct broker_status {
	struct status_file file;
	const char *host;
	unsigned port;
	bool written, connected;
	int64_t since_us;
	char words[256];
};

/* Writes that the broker is not connected yet, so that a failure shows at once.  path: NULL for no file. */
void broker_status_begin(struct broker_status *s, const char *path, const char *host, unsigned port,
			 int64_t real_us);

/* words: why it is not connected; the time stays if only they differ. */
void broker_status_set(struct broker_status *s, bool connected, const char *words, int64_t real_us);

#endif
