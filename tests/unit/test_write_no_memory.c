/* SPDX-License-Identifier: MIT */
#include "bus.h"
#include <stdio.h>
#include <string.h>
#include "no_memory.h"

static struct bus bus;

static void begin_bus(void)
{
	bus = (struct bus){0};
}

static void bus_round(int round)
{
	(void)round;
	for (int i = 0; i < 20; i++) {
		char name[8];
		int n = snprintf(name, sizeof name, "bus%d", i);
		struct channel *channel = bus_channel(&bus, name, (size_t)n);
		ck_assert(!channel || strcmp(channel->name, name) == 0);
	}
}

static void check_bus(void)
{
	ck_assert_uint_eq(bus.count, 20);
	ck_assert_ptr_nonnull(bus_find(&bus, "bus19", 5));
	ck_assert_ptr_null(bus_find(&bus, "bus20", 5));
}

START_TEST(channels_of_commands)
{
	each_allocation(begin_bus, bus_round, check_bus);
}
END_TEST

UNIT_RUN("write_no_memory", channels_of_commands)
