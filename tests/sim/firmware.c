/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#include <stddef.h>

static const struct firmware firmwares[] = {
	{
		.number = 11,
		.vendor = "JK_B2A20S20P",
		.hardware = "11.XW",
		.software = "11.288H",
		.name = "JK_B2A20S20P",
		.serial = "",
		.user_data = "Input Userdata",
		.option = "",
		.counter = -1,
		.constant_278 = 750000,
		.control = 0x0000,
		.alarm_284 = 60,
		.alarm_285 = 50,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDC, 0x2F, 1, 1, 1, 0, 0, 0, 0},
	},
	{
		.number = 14,
		.vendor = "JK_PB2A16S15P",
		.hardware = "14.XA",
		.software = "14.20",
		.name = "JK_PB2A16S15P",
		.serial = "3101188A014",
		.user_data = "Input Userdata",
		.option = "",
		.counter = 5,
		.probes_4_5 = true,
		.constant_278 = 1500000,
		.control = 0x0000,
		.alarm_284 = 60,
		.alarm_285 = 50,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDD, 0x2F, 1, 1, 0xB0, 7, 0, 0, 0},
	},
	{
		.number = 15,
		.vendor = "JK_PB2A16S20P",
		.hardware = "15A",
		.software = "15.41",
		.name = "SIM-GARAGE",
		.serial = "4121708A015",
		.user_data = "JK-BMS",
		.option = "",
		.counter = 0,
		.heater = true,
		.probes_4_5 = true,
		.constant_278 = 1500000,
		.control = 0x3211,
		.alarm_284 = 3,
		.alarm_285 = 10,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDC, 0x2F, 1, 1, 0xB0, 0xCF, 7, 0, 0},
	},
	{
		.number = 19,
		.vendor = "JK_PB2A16S30P",
		.hardware = "19A",
		.software = "19.10",
		.name = "SIM-V19",
		.serial = "506177F49001234",
		.user_data = "JK-BMS",
		.option = "CEHMPRT",
		.counter = -1,
		.heater = true,
		.probes_4_5 = true,
		.undertemperature = true,
		.constant_278 = 500000,
		.control = 0x1081,
		.alarm_284 = 5,
		.alarm_285 = 15,
		.trailer = {0, 0, 0, 0, 2, 0xFE, 0xFF, 0x7F, 0xDC, 0x3F, 1, 1, 0xB0, 0xCF, 7, 0, 0},
	},
};

const struct firmware *firmware_find(int64_t number)
{
	for (size_t i = 0; i < sizeof(firmwares) / sizeof(firmwares[0]); i++)
		if (firmwares[i].number == number)
			return &firmwares[i];
	return NULL;
}
