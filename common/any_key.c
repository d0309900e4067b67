/* SPDX-License-Identifier: MIT */
#include "any_key.h"

#include "can_keys.h"

const struct record_key *any_key_find(const char *key, size_t n)
{
	const struct record_key *found = NULL;
	for (int type = 1; type < FRAME_TYPES && !found; type++)
		found = record_keys_find((enum frame_type)type, key, n);
	for (int protocol = 0; protocol < CAN_PROTOCOLS && !found; protocol++)
		found = can_keys_find((enum can_protocol)protocol, key, n);
	return found;
}
