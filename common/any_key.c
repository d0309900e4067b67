/* SPDX-License-Identifier: MIT */
#include "any_key.h"

#include "can_keys.h"

const struct record_key *any_key_find(const char *key, size_t n)
{
	const struct record_key *found = NULL;
	for (int type = 1; type < FRAME_TYPES && !found; type++)
		found = record_keys_find((enum frame_type)type, key, n);
	return found ? found : can_keys_find(CAN_JK, key, n);
}
