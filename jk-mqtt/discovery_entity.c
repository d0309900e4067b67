/* SPDX-License-Identifier: MIT */
#include "discovery_entity.h"

#include <string.h>

#include "live_state.h"
#include "payload.h"
#include "retained.h"
#include "slow_topics.h"
#include "version.h"

enum { STEP_MIN_PLACES = 3 }; /* Home Assistant rejects steps below 0.001 */

static void topic(struct strbuf *t, const char *key, const struct options *o, enum layout_topic topic,
		  struct layout_names names)
{
	char buffer[TOPIC_MAX];
	payload_string(t, key, naming_topic(buffer, o, topic, names));
}

/* The results of all keys are one event. */
static void state_topic(struct strbuf *t, const struct options *o, const struct device *d,
			enum layout_topic where, enum entity_source source)
{
	topic(t, "stat_t", o, where,
	      LAYOUT_NAMES(.device = d->name, .key = source == ENTITY_RESULT ? "+" : NULL));
}

static const char *state_of(char topic[TOPIC_MAX], const struct options *o, const struct device *d,
			    enum entity_source source)
{
	return naming_topic(topic, o, o->layout->state[source], LAYOUT_NAMES(.device = d->name));
}

/* Most entities are of the settings; after a restart these stay in the message before they are heard. */
static enum entity_source common_state(const struct options *o, const struct device *d)
{
	char topic[TOPIC_MAX];
	const char *before = json_object_is_type(d->announcement.retained_topic, json_type_string)
				     ? json_object_get_string(d->announcement.retained_topic)
				     : "";
	bool settings = d->announcement.looked_at[ENTITY_SETTINGS] ||
			strcmp(before, state_of(topic, o, d, ENTITY_SETTINGS)) == 0;
	return settings ? ENTITY_SETTINGS : ENTITY_LIVE;
}

const char *discovery_entity_root(char topic[TOPIC_MAX], const struct options *o, const struct device *d)
{
	return state_of(topic, o, d, common_state(o, d));
}

void discovery_entity_state_topic(struct strbuf *t, const struct options *o, const struct device *d)
{
	char topic[TOPIC_MAX];
	payload_string(t, "stat_t", discovery_entity_root(topic, o, d));
}

/* value_json.total_voltage, value_json.cell_voltages[0] */
static void reference(struct strbuf *t, const struct entity *e, enum entity_shape shape)
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
}

static bool is_text_of_number(const struct entity *e)
{
	return e->platform == PLATFORM_SELECT;
}

/* Has the value more digits than the entity shows?  The unit of a computed value is watt. */
static bool is_rounded(const struct options *o, const struct entity *e)
{
	const struct field *f = entity_field(e);
	if (o->every_change || e->source != ENTITY_LIVE || e->digits < 2)
		return false;
	return f ? f->places > e->digits - 1 : e->unit == UNIT_WATT;
}

static bool has_deadband(const struct options *o, const struct entity *e)
{
	return e->deadband && !o->every_change && o->layout->entity[LAYOUT_KIND_DEADBAND].template;
}

static bool has_can(const struct device *d)
{
	const struct source *s = d->sources;
	while (s && s->kind != PACK_SOURCE_CAN)
		s = s->next;
	return s;
}

static enum layout_kind kind_of(const struct options *o, const struct device *d, const struct entity *e,
				enum entity_platform platform)
{
	if (e->source == ENTITY_AVAILABILITY)
		return LAYOUT_KIND_CONNECTION;
	if (e->template)
		return LAYOUT_KIND_OWN;
	if (e->alarm)
		return LAYOUT_KIND_ALARM;
	if (platform == PLATFORM_BINARY_SENSOR || platform == PLATFORM_SWITCH)
		return LAYOUT_KIND_BOOL;
	if (platform == PLATFORM_SELECT)
		return LAYOUT_KIND_CHOICE;
	if (is_text_of_number(e))
		return LAYOUT_KIND_ENUM;
	if (platform == PLATFORM_NUMBER)
		return LAYOUT_KIND_NUMBER;
	if (has_deadband(o, e))
		return LAYOUT_KIND_DEADBAND;
	if (is_rounded(o, e) && o->layout->entity[LAYOUT_KIND_ROUNDED].template)
		return LAYOUT_KIND_ROUNDED;
	bool is_long = strcmp(e->key, "errors") == 0 || strcmp(e->key, "can_error_bits_text") == 0;
	return !is_long     ? LAYOUT_KIND_PLAIN
	       : has_can(d) ? LAYOUT_KIND_LONG_TEXT_OR_NULL
			    : LAYOUT_KIND_LONG_TEXT;
}

struct template_names {
	const struct entity *entity;
	enum entity_shape shape;
};

static bool is_name(const char *name, size_t n, const char *other)
{
	return strlen(other) == n && memcmp(name, other, n) == 0;
}

static bool put_name(void *context, struct strbuf *t, const char *name, size_t n)
{
	const struct template_names *c = context;
	const struct entity *e = c->entity;
	const struct field *f = entity_field(e);
	if (is_name(name, n, "value"))
		reference(t, e, c->shape);
	else if (is_name(name, n, "min") && f)
		strbuf_decimal(t, f->min.mantissa, f->min.places);
	else if (is_name(name, n, "max") && f)
		strbuf_decimal(t, f->max.mantissa, f->max.places);
	else if (is_name(name, n, "unit") && e->digits > 0)
		strbuf_add(t, "1000000", e->digits);
	else if (is_name(name, n, "digits") && e->digits > 0)
		strbuf_unsigned(t, e->digits - 1u);
	else if (is_name(name, n, "deadband") && e->deadband)
		strbuf_string(t, e->deadband);
	else if (is_name(name, n, "alarm") && e->alarm)
		strbuf_string(t, e->alarm);
	else if (is_name(name, n, "template") && e->template)
		strbuf_string(t, e->template);
	else
		return false;
	return true;
}

static void template(struct strbuf *t, const struct entity *e, enum entity_shape shape, const char *text)
{
	struct template_names context = {.entity = e, .shape = shape};
	if (!text)
		return;
	payload_key(t, "val_tpl");
	strbuf_char(t, '"');
	layout_expand(t, text, put_name, &context);
	strbuf_char(t, '"');
}

static void options(struct strbuf *t, const struct entity *e, bool unknown_too)
{
	const struct enum_texts *texts = entity_texts(e);
	const char *before = "\"";
	payload_key(t, e->platform == PLATFORM_EVENT ? "evt_typ" : "ops");
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

static void string(struct strbuf *t, const char *key, const char *value)
{
	if (value)
		payload_string(t, key, value);
}

/* Where the state is and how to read it. */
static void state(struct strbuf *t, const struct options *o, const struct device *d, const struct entity *e,
		  enum entity_shape shape, enum entity_platform platform, bool by_itself)
{
	const struct layout_entity *how = &o->layout->entity[kind_of(o, d, e, platform)];
	if (by_itself || slow_topics_of(o, e) != o->layout->state[common_state(o, d)])
		state_topic(t, o, d, slow_topics_of(o, e), e->source);
	if (e->source == ENTITY_SCORE) /* the reasons beside a health or a score */
		topic(t, "json_attr_t", o, o->layout->state[e->source], LAYOUT_NAMES(.device = d->name));
	/* Returns true if a device is online does not depend on its being online. */
	if (e->source == ENTITY_AVAILABILITY)
		discovery_entity_availability(t, o, NULL);
	string(t, "pl_on", how->on);
	string(t, "pl_off", how->off);
	template(t, e, shape, how->template);
}

/* A counter of CAN that starts again from 0 would be taken for a meter that was replaced. */
static enum entity_state_class state_class_of(const struct device *d, const struct entity *e)
{
	bool wraps = e->source == ENTITY_LIVE && live_state_wraps(d, e->key);
	return wraps ? STATE_NONE : e->state_class;
}

static void classes(struct strbuf *t, const struct device *d, const struct entity *e, enum entity_role role,
		    enum entity_platform platform)
{
	bool is_enum = platform == PLATFORM_SENSOR &&
		       (e->options || (entity_texts(e) && (e->device_class || is_text_of_number(e))));
	enum entity_category category = e->category;
	if (category == CATEGORY_CONFIG && role != ROLE_COMMAND)
		category = CATEGORY_DIAGNOSTIC;
	string(t, "dev_cla", is_enum ? "enum" : e->device_class);
	if (platform == PLATFORM_SENSOR)
		string(t, "stat_cla", entity_state_class_name(state_class_of(d, e)));
	if (platform == PLATFORM_SENSOR || platform == PLATFORM_NUMBER)
		string(t, "unit_of_meas", is_enum ? NULL : entity_unit(e));
	if (platform == PLATFORM_SENSOR && e->digits > 0) {
		payload_key(t, "sug_dsp_prc");
		strbuf_unsigned(t, e->digits - 1u);
	}
	string(t, "ent_cat", entity_category_name(category));
	string(t, "ic", e->icon);
	if (is_enum || platform == PLATFORM_SELECT || platform == PLATFORM_EVENT)
		options(t, e, is_enum);
}

void discovery_entity_put(struct strbuf *t, const struct options *o, const struct device *d,
			  const struct entity *e, enum entity_shape shape, enum entity_role role,
			  bool by_itself)
{
	enum entity_platform platform = component_platform(e, role);
	char id[ID_MAX];
	payload_string(t, "uniq_id", naming_unique_id(id, o, d->name, e->key));
	payload_string(t, "def_ent_id",
		       naming_entity_id(id, o, d->name, e->key, entity_platform_name(platform)));
	payload_string(t, "name", e->name);
	state(t, o, d, e, shape, platform, by_itself);
	classes(t, d, e, role, platform);
	if (e->disabled && !(o->every_change && e->every_change))
		strbuf_string(t, ",\"en\":false");
	if (role == ROLE_COMMAND) {
		topic(t, "cmd_t", o, LAYOUT_SET, LAYOUT_NAMES(.device = d->name, .key = e->key));
		strbuf_string(t, ",\"qos\":1");
	}
	if (role == ROLE_COMMAND && platform == PLATFORM_NUMBER)
		bounds(t, entity_field(e));
}

void discovery_entity_availability(struct strbuf *t, const struct options *o, const char *device)
{
	payload_key(t, "avty");
	strbuf_string(t, "[{");
	topic(t, "t", o, LAYOUT_STATUS, LAYOUT_NO_NAMES);
	if (device) {
		strbuf_string(t, "},{");
		topic(t, "t", o, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = device));
	}
	strbuf_string(t, "}],\"avty_mode\":\"all\"");
}

void discovery_entity_origin(struct strbuf *t)
{
	payload_key(t, "o");
	strbuf_char(t, '{');
	payload_string(t, "name", "jk-mqtt");
	payload_string(t, "sw", JK_VERSION);
	strbuf_char(t, '}');
}

static void identifiers(struct strbuf *t, const struct options *o, const char *name)
{
	char id[ID_MAX];
	payload_key(t, "ids");
	strbuf_string(t, "[\"");
	strbuf_string(t, naming_device_id(id, o, name));
	strbuf_string(t, "\"]");
}

/* From the about record; until it has come, from the retained message of an earlier run. */
static void if_known(struct strbuf *t, const struct device *d, const char *key, const char *value)
{
	const char *text = value[0] ? value : retained_identity(&d->announcement, key);
	if (text[0])
		payload_string(t, key, text);
}

/* bank_house: "bank house" */
static void put_bank_name(struct strbuf *t, const char *name)
{
	for (const char *p = name; *p; p++)
		strbuf_char(t, p == name + sizeof PACK_BANK_PREFIX - 2 ? ' ' : *p);
}

void discovery_entity_device(struct strbuf *t, const struct options *o, const struct device *d)
{
	char name[64], id[ID_MAX];
	struct strbuf n = {.data = name, .capacity = sizeof name - 1};
	strbuf_string(&n, d->named      ? d->name
			  : d->inverter ? "JK inverter port "
			  : d->bank     ? "JK "
			  : d->link     ? "JK link "
					: "JK BMS ");
	if (d->inverter || d->link)
		strbuf_string(&n, d->commands->channel);
	else if (d->bank)
		put_bank_name(&n, d->name);
	else if (!d->named)
		strbuf_decimal(&n, d->commands->bms, 0);
	name[n.size] = '\0';
	payload_key(t, "dev");
	strbuf_char(t, '{');
	identifiers(t, o, d->name);
	payload_string(t, "name", d->label[0] ? d->label : name);
	payload_string(t, "mf", "JiKong");
	string(t, "sa", d->area[0] ? d->area : NULL);
	if_known(t, d, "mdl", d->announcement.model);
	if_known(t, d, "hw", d->announcement.hardware);
	if_known(t, d, "sw", d->announcement.software);
	if_known(t, d, "sn", d->announcement.serial);
	payload_string(t, "via_device", naming_device_id(id, o, "bridge"));
	strbuf_char(t, '}');
	discovery_entity_origin(t);
}

void discovery_entity_bridge(struct strbuf *t, const struct options *o)
{
	payload_key(t, "dev");
	strbuf_char(t, '{');
	identifiers(t, o, "bridge");
	payload_string(t, "name", "JK bridge");
	payload_string(t, "mf", "The jk tools");
	payload_string(t, "mdl", "jk-mqtt");
	payload_string(t, "sw", JK_VERSION);
	strbuf_char(t, '}');
	discovery_entity_origin(t);
}
