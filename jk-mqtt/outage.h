/* SPDX-License-Identifier: MIT */
#ifndef OUTAGE_H
#define OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"

/* What is logged while the broker cannot be reached, and why it cannot. */

enum { OUTAGE_TEXT_MAX = 512 };

struct outage {
	const char *host;
	unsigned port;
	char trouble[OUTAGE_TEXT_MAX]; /* the last error of libmosquitto */
	char reason[OUTAGE_TEXT_MAX];  /* the last reason, as it is logged */
	char logged[OUTAGE_TEXT_MAX];  /* the last reason of this outage; empty: there is none */
	int64_t logged_us;
	bool connected;         /* once at least */
	struct log_limit limit; /* an unstable connection must not fill the log */
};

/* Logs each reason once in an outage. */
__attribute__((format(printf, 2, 3))) void outage_log(struct outage *o, const char *format, ...);

/* Logs the first connection, and the end of an outage that was logged. */
void outage_over(struct outage *o);

/* Is the reason a certificate, which is not corrected within seconds, as opposed to a broken connection? */
bool outage_is_certificate(const struct outage *o);

/* Is the return code of a CONNACK a reason that is not corrected within seconds? */
bool outage_is_refusal(int connack);

/* The reason: of an attempt to connect; of the end of a connection; of a return code. */
const char *outage_of_connect(const struct outage *o, int error, int error_number);
const char *outage_of_end(int error, int error_number);
const char *outage_of_connack(int connack);

#endif
