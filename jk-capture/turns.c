/* SPDX-License-Identifier: MIT */
#include "turns.h"

void turns_begin(struct turns *t, int64_t now_us)
{
	*t = (struct turns){.began_us = now_us};
}

void turns_next(struct turns *t, bool polls_due, int64_t now_us)
{
	int64_t took_us = now_us - t->began_us;
	t->began_us = now_us;
	if (!polls_due)
		t->owed_us = 0;
	else if (t->of_request)
		t->owed_us = took_us;
	else
		t->owed_us = t->owed_us > took_us ? t->owed_us - took_us : 0;
	t->of_request = false;
}

bool turns_request_may(const struct turns *t)
{
	return t->owed_us <= 0;
}

void turns_request(struct turns *t)
{
	t->of_request = true;
}

void turns_suspended(struct turns *t, int64_t by_us)
{
	t->began_us += by_us;
}
