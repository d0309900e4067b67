/* SPDX-License-Identifier: MIT */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

/* What people write where a gateway or broker is to be named: tcp://10.0.0.7:5000/, mqtt://broker.  Source: RFC 3986. */

/* The length of "SCHEME://" at the beginning of a text; 0 if there is none, as in a path or in HOST:PORT. */
size_t url_scheme(const char *text);

/* Is this its scheme?  Capitals do not matter. */
bool url_is(const char *text, const char *scheme);

/* The text for a message: without what stands before an @, which may be a password. */
const char *url_shown(const char *text);

#endif
