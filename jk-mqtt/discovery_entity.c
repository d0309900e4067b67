/* SPDX-License-Identifier: MIT */
#include "discovery_entity.h"

#include <string.h>

#include "payload.h"
#include "retained.h"
#include "version.h"

enum { STEP_MIN_PLACES = 3 }; /* Home Assistant refuses steps below 0.001 */

enum entity_platform discovery_entity_platform(const struct entity *e, enum entity_role role)
{
	if (role == ROLE_COMMAND || e->platform < PLATFORM_NUMBER)
		return e->platform;
	return e->platform == PLATFORM_SWITCH ? PLATFORM_BINARY_SENSOR : PLATFORM_SENSOR;
}

const char *discovery_entity_key(const struct entity *e, enum entity_role role, char key[80])
{
	struct strbuf t = {.data = key, .capacity = 79};
	strbuf_string(&t, e->key);
	if (role == ROLE_COMMAND)
		strbuf_string(&t, "_set");
	key[t.size] = '\0';
	return key;
}

const char *discovery_entity_id(const struct options *o, const char *name, char id[128])
{
	struct strbuf t = {.data = id, .capacity = 127};
	strbuf_string(&t, o->prefix);
	strbuf_char(&t, '_');
	strbuf_string(&t, name);
	id[t.size] = '\0';
	for (char *p = id; *p; p++)
		if (*p == '/')
			*p = '_';
	return id;
}

static void topic(struct strbuf *t, const char *key, const struct options *o, const char *device,
		  const char *what, const char *last)
{
	char buffer[TOPIC_MAX];
	payload_string(t, key, TOPIC(buffer, o->prefix, device, what, last));
}

/* What somebody types in a template: letters, digits and _ in lower case. */
static void entity_id(struct strbuf *t, const struct options *o, const struct device *d,
		      const struct entity *e, enum entity_platform platform)
{
	char id[128];
	payload_key(t, "default_entity_id");
	strbuf_char(t, '"');
	strbuf_string(t, entity_platform_name(platform));
	strbuf_char(t, '.');
	discovery_entity_id(o, d->name, id);
	for (char *p = id; *p; p++)
		strbuf_char(t, *p == '-' ? '_' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p);
	strbuf_char(t, '_');
	strbuf_string(t, e->key);
	strbuf_char(t, '"');
}

/* value_json.total_voltage, value_json.cell_voltages[0] */
static void reference(struct strbuf *t, const struct entity *e, enum entity_shape shape, const char *ending)
{
	strbuf_string(t, "value_json.");
	if (shape == SHAPE_ARRAY) {
		strbuf_string(t, e->array);
		strbuf_char(t, '[');
		strbuf_unsigned(t, e->cell - 1u);
		strbuf_char(t, ']');
		return;
	}
	strbuf_string(t, e->member ? e->member : e->key);
	strbuf_string(t, ending);
}

/* A value that is not inside the bounds would be an error there; null is unknown. */
static void bounded(struct strbuf *t, const struct entity *e, enum entity_shape shape)
{
	const struct field *f = entity_field(e);
	strbuf_string(t, "{% set v = ");
	reference(t, e, shape, "");
	strbuf_string(t, " %}{{ v if v is number and ");
	strbuf_decimal(t, f->min.mantissa, f->min.places);
	strbuf_string(t, " <= v <= ");
	strbuf_decimal(t, f->max.mantissa, f->max.places);
	strbuf_string(t, " else none }}");
}

/* The beginnings and ends of the templates around the value. */
static void around(struct strbuf *t, const struct entity *e, enum entity_shape shape, const char *before,
		   const char *after)
{
	strbuf_string(t, before);
	reference(t, e, shape, "");
	strbuf_string(t, after);
}

static bool is_text_of_number(const struct entity *e)
{
	return e->platform == PLATFORM_SELECT;
}

static void template(struct strbuf *t, const struct entity *e, enum entity_shape shape,
		     enum entity_platform platform)
{
	payload_key(t, "value_template");
	strbuf_char(t, '"');
	if (e->template) {
		strbuf_string(t, e->template);
	} else if (e->alarm) {
		/* A message without a list has none active; no error in Home Assistant's log. */
		strbuf_string(t, "{{ 'ON' if '");
		strbuf_string(t, e->alarm);
		strbuf_string(t, "' in value_json.alarms | default([], true) | map(attribute='key') | list "
				 "else 'OFF' }}");
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
	strbuf_char(t, '"');
}

static void options(struct strbuf *t, const struct entity *e, bool unknown_too)
{
	const struct enum_texts *texts = entity_texts(e);
	const char *before = "\"";
	payload_key(t, "options");
	if (e->options) {
		strbuf_string(t, e->options);
		return;
	}
	strbuf_char(t, '[');
	for (size_t i = 0; texts && i < texts->count; i++) {
		if (!texts->texts[i])
			continue;
		strbuf_string(t, before);
		strbuf_json(t, texts->texts[i], strlen(texts->texts[i]));
		strbuf_char(t, '"');
		before = ",\"";
	}
	strbuf_string(t, unknown_too ? ",\"Unknown\"]" : "]");
}

static void bound(struct strbuf *t, const char *key, struct decimal value)
{
	payload_key(t, key);
	strbuf_decimal(t, value.mantissa, value.places);
}

static void bounds(struct strbuf *t, const struct field *f)
{
	bound(t, "min", f->min);
	bound(t, "max", f->max);
	bound(t, "step", f->step.places > STEP_MIN_PLACES ? (struct decimal){1, STEP_MIN_PLACES} : f->step);
	payload_string(t, "mode", "box");
}

/* Where the state is and how to read it. */
static void state(struct strbuf *t, const struct options *o, const struct device *d, const struct entity *e,
		  enum entity_shape shape, enum entity_platform platform, bool by_itself)
{
	static const char *const names[ENTITY_STATES] = {
		[ENTITY_LIVE] = "live", [ENTITY_SETTINGS] = "settings", [ENTITY_ABOUT] = "about"};
	if (e->source == ENTITY_AVAILABILITY) {
		/* Whether it is online does not depend on its being online. */
		topic(t, "state_topic", o, d->name, "availability", NULL);
		discovery_entity_availability(t, o, NULL);
		strbuf_string(t, ",\"payload_on\":\"online\",\"payload_off\":\"offline\"");
		return;
	}
	if (e->source == ENTITY_BRIDGE)
		topic(t, "state_topic", o, "bridge", NULL, NULL);
	else if (e->source == ENTITY_ALARMS)
		topic(t, "state_topic", o, d->name, "alarms", NULL);
	else if (by_itself || e->source != ENTITY_LIVE)
		topic(t, "state_topic", o, d->name, names[e->source], NULL);
	template(t, e, shape, platform);
}

static void string(struct strbuf *t, const char *key, const char *value)
{
	if (value)
		payload_string(t, key, value);
}

static void classes(struct strbuf *t, const struct entity *e, enum entity_role role,
		    enum entity_platform platform)
{
	bool is_enum = platform == PLATFORM_SENSOR &&
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
		payload_key(t, "suggested_display_precision");
		strbuf_unsigned(t, e->digits - 1u);
	}
	string(t, "entity_category", entity_category_name(category));
	string(t, "icon", e->icon);
	if (is_enum || platform == PLATFORM_SELECT)
		options(t, e, is_enum);
}

void discovery_entity_unique_id(struct strbuf *t, const struct options *o, const struct device *d,
				const struct entity *e)
{
	char id[128];
	strbuf_string(t, discovery_entity_id(o, d->name, id));
	strbuf_char(t, '_');
	strbuf_string(t, e->key);
}

void discovery_entity_put(struct strbuf *t, const struct options *o, const struct device *d,
			  const struct entity *e, enum entity_shape shape, enum entity_role role,
			  bool by_itself)
{
	enum entity_platform platform = discovery_entity_platform(e, role);
	payload_key(t, "unique_id");
	strbuf_char(t, '"');
	discovery_entity_unique_id(t, o, d, e);
	strbuf_char(t, '"');
	entity_id(t, o, d, e, platform);
	payload_string(t, "name", e->name);
	state(t, o, d, e, shape, platform, by_itself);
	classes(t, e, role, platform);
	if (e->disabled)
		strbuf_string(t, ",\"enabled_by_default\":false");
	if (role == ROLE_COMMAND) {
		topic(t, "command_topic", o, d->name, "set", e->key);
		strbuf_string(t, ",\"qos\":1");
	}
	if (role == ROLE_COMMAND && platform == PLATFORM_NUMBER)
		bounds(t, entity_field(e));
}

void discovery_entity_availability(struct strbuf *t, const struct options *o, const char *device)
{
	payload_key(t, "availability");
	strbuf_string(t, "[{");
	topic(t, "topic", o, "status", NULL, NULL);
	if (device) {
		strbuf_string(t, "},{");
		topic(t, "topic", o, device, "availability", NULL);
	}
	strbuf_string(t, "}],\"availability_mode\":\"all\"");
}

static void origin(struct strbuf *t)
{
	payload_key(t, "origin");
	strbuf_char(t, '{');
	payload_string(t, "name", "jk-mqtt");
	payload_string(t, "sw_version", JK_VERSION);
	strbuf_char(t, '}');
}

static void identifiers(struct strbuf *t, const struct options *o, const char *name)
{
	char id[128];
	payload_key(t, "identifiers");
	strbuf_string(t, "[\"");
	strbuf_string(t, discovery_entity_id(o, name, id));
	strbuf_string(t, "\"]");
}

/* As the about record has it; before it has come, as an earlier run told it. */
static void if_known(struct strbuf *t, const struct device *d, const char *key, const char *value)
{
	const char *text = value[0] ? value : retained_identity(d, key);
	if (text[0])
		payload_string(t, key, text);
}

void discovery_entity_device(struct strbuf *t, const struct options *o, const struct device *d)
{
	char name[64], id[128];
	struct strbuf n = {.data = name, .capacity = sizeof name - 1};
	strbuf_string(&n, d->named ? d->name : "JK BMS ");
	if (!d->named)
		strbuf_decimal(&n, d->commands->bms, 0);
	name[n.size] = '\0';
	payload_key(t, "device");
	strbuf_char(t, '{');
	identifiers(t, o, d->name);
	payload_string(t, "name", d->label[0] ? d->label : name);
	payload_string(t, "manufacturer", "JiKong");
	if_known(t, d, "model", d->model);
	if_known(t, d, "hw_version", d->hardware);
	if_known(t, d, "sw_version", d->software);
	if_known(t, d, "serial_number", d->serial);
	payload_string(t, "via_device", discovery_entity_id(o, "bridge", id));
	strbuf_char(t, '}');
	origin(t);
}

void discovery_entity_bridge(struct strbuf *t, const struct options *o)
{
	payload_key(t, "device");
	strbuf_char(t, '{');
	identifiers(t, o, "bridge");
	payload_string(t, "name", "JK bridge");
	payload_string(t, "manufacturer", "The jk tools");
	payload_string(t, "model", "jk-mqtt");
	payload_string(t, "sw_version", JK_VERSION);
	strbuf_char(t, '}');
	origin(t);
}
