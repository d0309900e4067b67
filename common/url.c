/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <string.h>
#include <strings.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.";

size_t url_scheme(const char *text)
{
	size_t n = strspn(text, others);
	if (strspn(text, letters) == 0 || strncmp(text + n, "://", 3) != 0)
		return 0;
	return n + 3;
}

bool url_is(const char *text, const char *scheme)
{
	size_t n = url_scheme(text);
	return n > 0 && n - 3 == strlen(scheme) && strncasecmp(text, scheme, n - 3) == 0;
}

const char *url_shown(const char *text)
{
	const char *at = strrchr(text, '@');
	return at ? at + 1 : text;
}
