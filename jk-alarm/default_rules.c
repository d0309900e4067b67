/* SPDX-License-Identifier: MIT */
#include "rules.h"

/*
 * These suit every chemistry, LFP, Li-ion and LTO alike: differences between cells, percent, temperatures,
 * silence.  There is no cell or pack voltage: the BMS has limits of its own for those in its settings, and
 * its alarm bits show when it acts on them.  jk-rules(5) explains each.
 */
const char default_rules[] =
	"# The default rules of jk-alarm: copy and edit them, and give the copy to jk-alarm -r.  jk-rules(5) "
	"explains each.\n"
	"# KEY OPERATOR LIMIT [for DURATION] [clear OPERATOR LIMIT] SEVERITY [\"TEXT\"]\n"
	"\n"
	"silent > 30s alarm \"No data from this BMS\"\n"
	"link_down > 10s alarm \"Nothing comes over the link to the bus\"\n"
	"\n"
	"delta_cell_voltage > 0.150 for 60s clear < 0.100 warning \"Cells drift apart\"\n"
	"delta_cell_voltage > 0.300 for 60s clear < 0.200 alarm \"Cells are far apart\"\n"
	"\n"
	"state_of_charge < 15 clear > 20 warning \"Battery low\"\n"
	"state_of_charge < 5 clear > 10 alarm \"Battery nearly empty\"\n"
	"\n"
	"mosfet_temperature > 75 for 30s clear < 65 warning \"The power board is hot\"\n"
	"\n"
	"# Not temperature_sensor_3: there the PB series repeats the temperature of the power board.\n"
	"temperature_sensor_1 > 50 for 60s clear < 47 warning \"Battery hot at probe 1\"\n"
	"temperature_sensor_2 > 50 for 60s clear < 47 warning \"Battery hot at probe 2\"\n"
	"temperature_sensor_4 > 50 for 60s clear < 47 warning \"Battery hot at probe 4\"\n"
	"temperature_sensor_5 > 50 for 60s clear < 47 warning \"Battery hot at probe 5\"\n"
	"temperature_sensor_1 < 0 for 60s clear > 2 info \"Battery below freezing at probe 1\"\n"
	"temperature_sensor_2 < 0 for 60s clear > 2 info \"Battery below freezing at probe 2\"\n"
	"temperature_sensor_4 < 0 for 60s clear > 2 info \"Battery below freezing at probe 4\"\n"
	"temperature_sensor_5 < 0 for 60s clear > 2 info \"Battery below freezing at probe 5\"\n";
