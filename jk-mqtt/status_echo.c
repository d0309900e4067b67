/* SPDX-License-Identifier: MIT */
#include "status_echo.h"

void status_echo_begin(struct status_echo *e)
{
	e->due_us = INT64_MAX;
}

bool status_echo_unsent(const struct status_echo *e)
{
	return e->due_us == INT64_MAX;
}

void status_echo_sent(struct status_echo *e, int64_t now_us)
{
	e->due_us = now_us + STATUS_ECHO_US;
}

void status_echo_over(struct status_echo *e)
{
	e->due_us = 0;
}

bool status_echo_missing(struct status_echo *e, int64_t now_us)
{
	if (e->due_us == 0 || now_us < e->due_us)
		return false;
	e->due_us = 0;
	return true;
}
