/* SPDX-License-Identifier: MIT */
#include "outage.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

enum { CALM_US = 60000000 }; /* without a log line: the next outage is logged in full again */

static bool may_log(struct outage *o)
{
	int64_t now_us = clock_monotonic_us();
	if (now_us - o->logged_us > CALM_US)
		o->limit.logged = 0;
	o->logged_us = now_us;
	return log_allowed(&o->limit);
}

void outage_log(struct outage *o, const char *format, ...)
{
	char text[OUTAGE_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	memcpy(o->reason, text, sizeof text);
	if (strcmp(text, o->logged) == 0)
		return;
	memcpy(o->logged, text, sizeof text);
	if (may_log(o))
		log_line("%s:%u: %s", o->host, o->port, text);
}

void outage_over(struct outage *o)
{
	if (!o->connected && !o->logged[0])
		log_line("%s:%u: connected, with MQTT 3.1.1", o->host, o->port);
	else if (o->logged[0] && may_log(o))
		log_line("%s:%u: connected", o->host, o->port);
	o->connected = true;
	o->logged[0] = '\0';
}

bool outage_is_certificate(const struct outage *o)
{
	static const char *const signs[] = {
		"certificate",
		"alert",
		"wrong version number",
		"unsupported protocol",
		"host name verification",
		"no shared cipher",
		"key values mismatch",
		"Unable to load",
		"unable to load",
	};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (strstr(o->trouble, signs[i]))
			return true;
	return false;
}

bool outage_is_refusal(int connack)
{
	return connack == CONNACK_REFUSED_PROTOCOL_VERSION ||
	       connack == CONNACK_REFUSED_BAD_USERNAME_PASSWORD || connack == CONNACK_REFUSED_NOT_AUTHORIZED;
}

const char *outage_of_connect(const struct outage *o, int error, int error_number)
{
	if (error == MOSQ_ERR_EAI)
		return "cannot look up its name";
	if (error == MOSQ_ERR_ERRNO)
		return error_number == EINTR ? "no answer" : strerror(error_number);
	return error == MOSQ_ERR_TLS && o->trouble[0] ? o->trouble : mosquitto_strerror(error);
}

const char *outage_of_end(int error, int error_number)
{
	if (error != MOSQ_ERR_ERRNO)
		return mosquitto_strerror(error);
	return error_number ? strerror(error_number) : "it was cut";
}

const char *outage_of_connack(int connack)
{
	static const char *const texts[] = {
		[CONNACK_REFUSED_PROTOCOL_VERSION] = "it does not speak MQTT 3.1.1",
		[CONNACK_REFUSED_IDENTIFIER_REJECTED] = "identifier rejected",
		[CONNACK_REFUSED_SERVER_UNAVAILABLE] = "not available",
		[CONNACK_REFUSED_BAD_USERNAME_PASSWORD] = "bad user name or password",
		[CONNACK_REFUSED_NOT_AUTHORIZED] = "not authorized, as with a wrong password",
	};
	return (size_t)connack < sizeof texts / sizeof *texts ? texts[connack] : "unknown reason";
}
