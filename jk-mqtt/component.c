/* SPDX-License-Identifier: MIT */
#include "component.h"

#include <string.h>

#include "compose.h"
#include "retained.h"
#include "version.h"

enum { STEP_MIN_PLACES = 3 }; /* Home Assistant refuses steps below 0.001 */

enum entity_platform component_platform(const struct entity *e, enum entity_role role)
{
	if (role == ROLE_COMMAND || e->platform < PLATFORM_NUMBER)
		return e->platform;
	return e->platform == PLATFORM_SWITCH ? PLATFORM_BINARY_SENSOR : PLATFORM_SENSOR;
}

const char *component_key(const struct entity *e, enum entity_role role, char key[80])
{
	struct text t = {.data = key, .capacity = 79};
	text_string(&t, e->key);
	if (role == ROLE_COMMAND)
		text_string(&t, "_set");
	key[t.size] = '\0';
	return key;
}

const char *component_id(const struct options *o, const char *name, char id[128])
{
	struct text t = {.data = id, .capacity = 127};
	text_string(&t, o->prefix);
	text_char(&t, '_');
	text_string(&t, name);
	id[t.size] = '\0';
	for (char *p = id; *p; p++)
		if (*p == '/')
			*p = '_';
	return id;
}

static void topic(struct text *t, const char *key, const struct options *o, const char *device,
		  const char *what, const char *last)
{
	char buffer[TOPIC_MAX];
	compose_string(t, key, TOPIC(buffer, o->prefix, device, what, last));
}

/* What somebody types in a template: letters, digits and _ in lower case. */
static void entity_id(struct text *t, const struct options *o, const struct device *d, const struct entity *e,
		      enum entity_platform platform)
{
	char id[128];
	compose_key(t, "default_entity_id");
	text_char(t, '"');
	text_string(t, entity_platform_name(platform));
	text_char(t, '.');
	component_id(o, d->name, id);
	for (char *p = id; *p; p++)
		text_char(t, *p == '-' ? '_' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p);
	text_char(t, '_');
	text_string(t, e->key);
	text_char(t, '"');
}

/* value_json.total_voltage, value_json.cell_voltages[0] */
static void reference(struct text *t, const struct entity *e, enum entity_shape shape, const char *ending)
{
	text_string(t, "value_json.");
	if (shape == SHAPE_ARRAY) {
		text_string(t, e->array);
		text_char(t, '[');
		text_unsigned(t, e->cell - 1u);
		text_char(t, ']');
		return;
	}
	text_string(t, e->member ? e->member : e->key);
	text_string(t, ending);
}

/* A value that is not inside the bounds would be an error there; null is unknown. */
static void bounded(struct text *t, const struct entity *e, enum entity_shape shape)
{
	const struct field *f = entity_field(e);
	text_string(t, "{% set v = ");
	reference(t, e, shape, "");
	text_string(t, " %}{{ v if v is number and ");
	text_decimal(t, f->min.mantissa, f->min.places);
	text_string(t, " <= v <= ");
	text_decimal(t, f->max.mantissa, f->max.places);
	text_string(t, " else none }}");
}

/* The beginnings and ends of the templates around the value. */
static void around(struct text *t, const struct entity *e, enum entity_shape shape, const char *before,
		   const char *after)
{
	text_string(t, before);
	reference(t, e, shape, "");
	text_string(t, after);
}

static bool is_text_of_number(const struct entity *e)
{
	return e->platform == PLATFORM_SELECT;
}

static void template(struct text *t, const struct entity *e, enum entity_shape shape,
		     enum entity_platform platform)
{
	compose_key(t, "value_template");
	text_char(t, '"');
	if (e->template) {
		text_string(t, e->template);
	} else if (e->alarm) {
		around(t, e, shape, "{{ 'ON' if ", " | bitwise_and(");
		text_unsigned(t, UINT64_C(1) << (e->alarm - 1));
		text_string(t, ") else 'OFF' }}");
	} else if (platform == PLATFORM_BINARY_SENSOR || platform == PLATFORM_SWITCH) {
		around(t, e, shape, "{{ {true: 'ON', false: 'OFF'}.get(", ") }}");
	} else if (platform == PLATFORM_SELECT) {
		around(t, e, shape, "{{ none if ", "_text == 'Unknown' else ");
		around(t, e, shape, "", "_text }}");
	} else if (is_text_of_number(e)) {
		around(t, e, shape, "{{ ", "_text }}");
	} else if (platform == PLATFORM_NUMBER) {
		bounded(t, e, shape);
	} else if (strcmp(e->key, "errors") == 0) {
		around(t, e, shape, "{{ ", "[:255] }}"); /* a longer state would be ignored */
	} else {
		around(t, e, shape, "{{ ", " }}");
	}
	text_char(t, '"');
}

static void options(struct text *t, const struct entity *e, bool unknown_too)
{
	const struct enum_texts *texts = entity_texts(e);
	const char *before = "\"";
	compose_key(t, "options");
	if (e->options) {
		text_string(t, e->options);
		return;
	}
	text_char(t, '[');
	for (size_t i = 0; texts && i < texts->count; i++) {
		if (!texts->texts[i])
			continue;
		text_string(t, before);
		text_json(t, texts->texts[i], strlen(texts->texts[i]));
		text_char(t, '"');
		before = ",\"";
	}
	text_string(t, unknown_too ? ",\"Unknown\"]" : "]");
}

static void bound(struct text *t, const char *key, struct decimal value)
{
	compose_key(t, key);
	text_decimal(t, value.mantissa, value.places);
}

static void bounds(struct text *t, const struct field *f)
{
	bound(t, "min", f->min);
	bound(t, "max", f->max);
	bound(t, "step", f->step.places > STEP_MIN_PLACES ? (struct decimal){1, STEP_MIN_PLACES} : f->step);
	compose_string(t, "mode", "box");
}

/* Where the state is and how to read it. */
static void state(struct text *t, const struct options *o, const struct device *d, const struct entity *e,
		  enum entity_shape shape, enum entity_platform platform, bool by_itself)
{
	static const char *const names[ENTITY_STATES] = {
		[ENTITY_LIVE] = "live", [ENTITY_SETTINGS] = "settings", [ENTITY_ABOUT] = "about"};
	if (e->source == ENTITY_AVAILABILITY) {
		/* Whether it is online does not depend on its being online. */
		topic(t, "state_topic", o, d->name, "availability", NULL);
		component_availability(t, o, NULL);
		text_string(t, ",\"payload_on\":\"online\",\"payload_off\":\"offline\"");
		return;
	}
	if (e->source == ENTITY_BRIDGE)
		topic(t, "state_topic", o, "bridge", NULL, NULL);
	else if (by_itself || e->source != ENTITY_LIVE)
		topic(t, "state_topic", o, d->name, names[e->source], NULL);
	template(t, e, shape, platform);
}

static void string(struct text *t, const char *key, const char *value)
{
	if (value)
		compose_string(t, key, value);
}

static void classes(struct text *t, const struct entity *e, enum entity_role role,
		    enum entity_platform platform)
{
	bool is_enum =
		platform == PLATFORM_SENSOR &&
		(e->options || (entity_texts(e) && (e->device_class || is_text_of_number(e))));
	enum entity_category category = e->category;
	if (category == CATEGORY_CONFIG && role != ROLE_COMMAND)
		category = CATEGORY_DIAGNOSTIC;
	string(t, "device_class", is_enum ? "enum" : e->device_class);
	if (platform == PLATFORM_SENSOR)
		string(t, "state_class", entity_state_class_name(e->state_class));
	if (platform == PLATFORM_SENSOR || platform == PLATFORM_NUMBER)
		string(t, "unit_of_measurement", is_enum ? NULL : entity_unit(e));
	if (platform == PLATFORM_SENSOR && e->digits > 0) {
		compose_key(t, "suggested_display_precision");
		text_unsigned(t, e->digits - 1u);
	}
	string(t, "entity_category", entity_category_name(category));
	string(t, "icon", e->icon);
	if (is_enum || platform == PLATFORM_SELECT)
		options(t, e, is_enum);
}

void component_unique_id(struct text *t, const struct options *o, const struct device *d,
			 const struct entity *e)
{
	char id[128];
	text_string(t, component_id(o, d->name, id));
	text_char(t, '_');
	text_string(t, e->key);
}

void component_put(struct text *t, const struct options *o, const struct device *d, const struct entity *e,
		   enum entity_shape shape, enum entity_role role, bool by_itself)
{
	enum entity_platform platform = component_platform(e, role);
	compose_key(t, "unique_id");
	text_char(t, '"');
	component_unique_id(t, o, d, e);
	text_char(t, '"');
	entity_id(t, o, d, e, platform);
	compose_string(t, "name", e->name);
	state(t, o, d, e, shape, platform, by_itself);
	classes(t, e, role, platform);
	if (e->disabled)
		text_string(t, ",\"enabled_by_default\":false");
	if (role == ROLE_COMMAND) {
		topic(t, "command_topic", o, d->name, "set", e->key);
		text_string(t, ",\"qos\":1");
	}
	if (role == ROLE_COMMAND && platform == PLATFORM_NUMBER)
		bounds(t, entity_field(e));
}

void component_availability(struct text *t, const struct options *o, const char *device)
{
	compose_key(t, "availability");
	text_string(t, "[{");
	topic(t, "topic", o, "status", NULL, NULL);
	if (device) {
		text_string(t, "},{");
		topic(t, "topic", o, device, "availability", NULL);
	}
	text_string(t, "}],\"availability_mode\":\"all\"");
}

static void origin(struct text *t)
{
	compose_key(t, "origin");
	text_char(t, '{');
	compose_string(t, "name", "jk-mqtt");
	compose_string(t, "sw_version", JK_VERSION);
	text_char(t, '}');
}

static void identifiers(struct text *t, const struct options *o, const char *name)
{
	char id[128];
	compose_key(t, "identifiers");
	text_string(t, "[\"");
	text_string(t, component_id(o, name, id));
	text_string(t, "\"]");
}

/* As the about record has it; before it has come, as an earlier run told it. */
static void if_known(struct text *t, const struct device *d, const char *key, const char *value)
{
	const char *text = value[0] ? value : retained_identity(d, key);
	if (text[0])
		compose_string(t, key, text);
}

void component_device(struct text *t, const struct options *o, const struct device *d)
{
	char name[64], id[128];
	struct text n = {.data = name, .capacity = sizeof name - 1};
	text_string(&n, d->mapped ? d->name : "JK BMS ");
	if (!d->mapped)
		text_decimal(&n, d->bms, 0);
	name[n.size] = '\0';
	compose_key(t, "device");
	text_char(t, '{');
	identifiers(t, o, d->name);
	compose_string(t, "name", name);
	compose_string(t, "manufacturer", "JiKong");
	if_known(t, d, "model", d->model);
	if_known(t, d, "hw_version", d->hardware);
	if_known(t, d, "sw_version", d->software);
	if_known(t, d, "serial_number", d->serial);
	compose_string(t, "via_device", component_id(o, "bridge", id));
	text_char(t, '}');
	origin(t);
}

void component_bridge(struct text *t, const struct options *o)
{
	compose_key(t, "device");
	text_char(t, '{');
	identifiers(t, o, "bridge");
	compose_string(t, "name", "JK bridge");
	compose_string(t, "manufacturer", "The jk tools");
	compose_string(t, "model", "jk-mqtt");
	compose_string(t, "sw_version", JK_VERSION);
	text_char(t, '}');
	origin(t);
}
