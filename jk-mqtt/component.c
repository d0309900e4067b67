/* SPDX-License-Identifier: MIT */
#include "component.h"

#include "strbuf.h"

enum entity_platform component_platform(const struct entity *e, enum entity_role role)
{
	if (role == ROLE_COMMAND || e->platform < PLATFORM_NUMBER)
		return e->platform;
	return e->platform == PLATFORM_SWITCH ? PLATFORM_BINARY_SENSOR : PLATFORM_SENSOR;
}

const char *component_key(const struct entity *e, enum entity_role role, char key[COMPONENT_KEY_MAX])
{
	struct strbuf t = {.data = key, .capacity = COMPONENT_KEY_MAX - 1};
	strbuf_string(&t, e->key);
	if (role == ROLE_COMMAND)
		strbuf_string(&t, "_set");
	key[t.size] = '\0';
	return key;
}
