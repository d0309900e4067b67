/* SPDX-License-Identifier: MIT */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

/* URLs of gateways and brokers: tcp://10.0.0.7:5000/, mqtt://broker.  Source: RFC 3986. */

/* Length of the leading "SCHEME://"; 0 if there is none, as in a path or in HOST:PORT. */
size_t url_scheme(const char *text);

/* True if the text has this scheme; case is ignored. */
bool url_is(const char *text, const char *scheme);

/* The text as it may be logged: without anything before an @, which may be a password. */
const char *url_shown(const char *text);

#endif
