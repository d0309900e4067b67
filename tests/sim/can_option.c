/* SPDX-License-Identifier: MIT */
/* The options of the CAN bus. */
#include "config.h"

#include "number.h"
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool can_take_where(struct config *c, const char *a)
{
	c->can.path = a;
	c->can.interface = strncmp(a, "can:", 4) == 0 ? a + 4 : NULL;
	return *a != '\0';
}

bool can_take_cycle(struct config *c, const char *a)
{
	static const char *const names[CAN_CYCLES] = {
		[CAN_DOCUMENTS] = "documents",
		[CAN_MEASURED] = "measured",
	};
	for (enum can_cycle i = 0; i < CAN_CYCLES; i++)
		if (strcmp(a, names[i]) == 0) {
			c->can.cycle = i;
			return true;
		}
	return false;
}

bool can_take_channel(struct config *c, const char *a)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(a);
	c->can.channel = a;
	return n > 0 && n < 32 && strspn(a, allowed) == n;
}

/* ADDR:BITMASK[@FROM-TO] */
bool can_take_levels(struct config *c, const char *a)
{
	struct can_config *can = &c->can;
	struct levels *l = &can->levels[can->level_count];
	char digits[11] = {0};
	size_t n, size;
	const char *mask = parse_split(a, ':', &n);
	if (can->level_count == MAX_LEVELS || mask == NULL ||
	    !number_parse(a, n, 0, CAN_MAX_ADDRESS, &l->address))
		return false;
	const char *when = parse_split(mask, '@', &size);
	if (size >= sizeof(digits))
		return false;
	memcpy(digits, mask, size);
	bool prefixed = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	l->when = window_always;
	can->level_count++;
	return parse_hex32(digits + (prefixed ? 2 : 0), &l->levels) &&
	       (when == NULL || window_parse(when, &l->when));
}

bool can_take_silence(struct config *c, const char *a)
{
	return config_silence(c->can.silences, MAX_LEVELS, &c->can.silence_count, a);
}

void can_switch(struct can_config *can, int64_t now_us)
{
	windows_switch(&can->mute, now_us);
	for (size_t i = 0; i < can->level_count; i++)
		window_switch(&can->levels[i].when, now_us);
	for (size_t i = 0; i < can->silence_count; i++)
		window_switch(&can->silences[i].when, now_us);
}

static _Noreturn void refuse(const char *why)
{
	fprintf(stderr, "jk-sim: --can: %s\n", why);
	exit(EXIT_USAGE);
}

void can_check(const struct config *c)
{
	if (c->can.path == NULL)
		return;
	if (c->port == PORT_INSIDE)
		refuse("cannot be used within a test");
	if (strcmp(c->can.path, "-") == 0 && (c->port == PORT_TCP || c->port == PORT_PTY ||
					      (c->port == PORT_FILE && strcmp(c->path, "-") == 0)))
		refuse("stdout is used by the other bus");
	if (c->can.interface != NULL && c->port == PORT_FILE)
		refuse("an interface needs real time, which -o has not");
	for (size_t i = 0; i < c->pack_count; i++)
		if (c->packs[i].address > CAN_MAX_ADDRESS)
			refuse("addresses on CAN are 0 to 11");
	if (c->twin.cells > 0 && c->twin.address > CAN_MAX_ADDRESS)
		refuse("addresses on CAN are 0 to 11");
}
