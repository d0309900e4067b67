/* SPDX-License-Identifier: MIT */
#ifndef CAN_ROWS_H
#define CAN_ROWS_H

/*
 * Every value of a CAN frame: where it stands, bytes that were chosen, what they mean, and what a frame of
 * zeros and one of ones mean; NULL: the record does not have the key.  Typed from the documents and the logs,
 * not from the sheet that the programs' tables are made of; the arithmetic was done by hand.
 */
struct can_wire_row {
	const char *id; /* of address 0 */
	unsigned at;    /* first byte */
	const char *bytes;
	const char *key, *value, *zeros, *ones;
};

#define CELL(id, at, number)                                                                                 \
	{                                                                                                    \
		id, at, "E40C", "cell_voltage_" number, "3.300", NULL, "65.535"                              \
	}

/* clang-format off */
static const struct can_wire_row can_wire_rows[] = {
	{"2F4", 0, "1302", "total_voltage", "53.1", "0.0", "6553.5"},
	{"2F4", 2, "9F0F", "current", "-0.1", "-400.0", "6153.5"},
	{"2F4", 4, "51", "state_of_charge", "81", "0", "255"},
	{"4F4", 0, "F50D", "max_cell_voltage", "3.573", "0.000", "65.535"},
	{"4F4", 2, "0C", "max_voltage_cell", "12", "0", "255"},
	{"4F4", 3, "F20D", "min_cell_voltage", "3.570", "0.000", "65.535"},
	{"4F4", 5, "10", "min_voltage_cell", "16", "0", "255"},
	{"5F4", 0, "4A", "max_temperature", "24", "-50", "205"},
	{"5F4", 1, "01", "max_temperature_sensor", "1", "0", "255"},
	{"5F4", 2, "2D", "min_temperature", "-5", "-50", "205"},
	{"5F4", 3, "02", "min_temperature_sensor", "2", "0", "255"},
	{"5F4", 4, "32", "average_temperature", "0", "-50", "205"},
	{"7F4", 0, "43002000", "can_alarm_levels", "2097219", "0", "4294967295"},
	{"7F4", 0, "02000000", "cell_overvoltage", "2", NULL, "3"},
	{"7F4", 0, "08000000", "cell_undervoltage", "2", NULL, "3"},
	{"7F4", 0, "20000000", "total_overvoltage", "2", NULL, "3"},
	{"7F4", 0, "40000000", "total_undervoltage", "1", NULL, "3"},
	{"7F4", 0, "00010000", "cell_voltage_difference", "1", NULL, "3"},
	{"7F4", 0, "00080000", "discharge_overcurrent", "2", NULL, "3"},
	{"7F4", 0, "00200000", "charge_overcurrent", "2", NULL, "3"},
	{"7F4", 0, "00C00000", "temperature_high", "3", NULL, "3"},
	{"7F4", 0, "00000100", "temperature_low", "1", NULL, "3"},
	{"7F4", 0, "00000800", "temperature_difference", "2", NULL, "3"},
	{"7F4", 0, "00003000", "soc_low", "3", NULL, "3"},
	{"7F4", 0, "00004000", "insulation_low", "1", NULL, "3"},
	{"7F4", 0, "00000001", "high_voltage_interlock", "1", NULL, "3"},
	{"7F4", 0, "00000008", "external_communication", "2", NULL, "3"},
	{"7F4", 0, "00000030", "internal_communication", "3", NULL, "3"},
	{"7F4", 0, "00000040", "unknown_level_15", "1", NULL, "3"},
	{"18F128F4", 0, "8B01", "capacity_remaining", "39.5", "0.0", "6553.5"},
	{"18F128F4", 2, "9001", "full_charge_capacity", "40.0", "0.0", "6553.5"},
	{"18F128F4", 4, "6B80", "total_charging_cycle_capacity", "3287.5", "0.0", "6553.5"},
	{"18F128F4", 6, "2301", "charging_cycles", "291", "0", "65535"},
	{"18F228F4", 0, "10", "can_temperature_sensor_mask", "16", "0", "255"},
	{"18F228F4", 1, "49", "temperature_sensor_1", "23", "null", "null"},
	{"18F228F4", 2, "01", "temperature_sensor_2", "-49", "null", "null"},
	{"18F228F4", 3, "FE", "mosfet_temperature", "204", "null", "null"},
	{"18F228F4", 4, "31", "temperature_sensor_4", "-1", "null", "null"},
	{"18F228F4", 5, "32", "temperature_sensor_5", "0", "null", "null"},
	{"18F328F4", 0, "020101", "can_error_bits", "65794", "0", "16777215"},
	{"18F328F4", 0, "020101", "can_error_bits_text", "\"MOSFET over-temperature;Charge over-temperature;"
	 "Charge MOSFET fault\"", "\"\"",
	 "\"Balance wire resistance too high;MOSFET over-temperature;"
	 "Cell count differs from setting;Current sensor fault;Cell over-voltage;"
	 "Pack over-voltage;Charge over-current;Charge short circuit;Charge over-temperature;"
	 "Charge under-temperature;Internal communication fault;Cell under-voltage;"
	 "Pack under-voltage;Discharge over-current;Discharge short circuit;"
	 "Discharge over-temperature;Charge MOSFET fault;Discharge MOSFET fault;Unknown alarm 18;"
	 "Unknown alarm 19;Unknown alarm 20;Unknown alarm 21;Unknown alarm 22;Unknown alarm 23\""},
	{"18F428F4", 0, "88820E00", "total_runtime", "950920", "0", "4294967295"},
	{"18F428F4", 4, "280A", "heating_current", "2.600", "0.000", "65.535"},
	{"18F428F4", 6, "64", "state_of_health", "100", "0", "255"},
	{"18F528F4", 0, "01", "charging", "true", "false", "true"},
	{"18F528F4", 0, "02", "discharging", "true", "false", "true"},
	{"18F528F4", 0, "04", "balancing", "true", "false", "true"},
	{"18F528F4", 0, "08", "heating", "true", "false", "true"},
	{"18F528F4", 0, "10", "charger_plugged", "true", "false", "true"},
	{"18F528F4", 0, "20", "acc", "true", "false", "true"},
	CELL("18E028F4", 0, "1"), CELL("18E028F4", 2, "2"),
	CELL("18E028F4", 4, "3"), CELL("18E028F4", 6, "4"),
	CELL("18E128F4", 0, "5"), CELL("18E128F4", 2, "6"),
	CELL("18E128F4", 4, "7"), CELL("18E128F4", 6, "8"),
	CELL("18E228F4", 0, "9"), CELL("18E228F4", 2, "10"),
	CELL("18E228F4", 4, "11"), CELL("18E228F4", 6, "12"),
	CELL("18E328F4", 0, "13"), CELL("18E328F4", 2, "14"),
	CELL("18E328F4", 4, "15"), CELL("18E328F4", 6, "16"),
	CELL("18E428F4", 0, "17"), CELL("18E428F4", 2, "18"),
	CELL("18E428F4", 4, "19"), CELL("18E428F4", 6, "20"),
	CELL("18E528F4", 0, "21"), CELL("18E528F4", 2, "22"),
	CELL("18E528F4", 4, "23"), CELL("18E528F4", 6, "24"),
	CELL("18E628F4", 0, "25"),
	{"1806E5F4", 0, "029E", "requested_charge_voltage", "67.0", "0.0", "6553.5"},
	{"1806E5F4", 2, "017C", "requested_charge_current", "38.0", "0.0", "6553.5"},
	{"1806E5F4", 4, "01", "charger_switch", "1", "0", "255"},
	{"1806E5F4", 4, "01", "charger_switch_text", "\"Off\"", "\"On\"", "\"Unknown\""},
	{"1806E5F4", 5, "01", "charge_heat_mode", "1", "0", "255"},
	{"1806E5F4", 5, "01", "charge_heat_mode_text", "\"Heat\"", "\"Charge\"", "\"Unknown\""},
	{"01F21400", 0, "C714", "total_voltage", "53.19", "0.00", "655.35"},
	{"01F21400", 2, "EEFF", "current", "-1.8", "0.0", "-0.1"},
	{"01F21400", 4, "1BFF", "temperature", "-22.9", "0.0", "-0.1"},
	{"01F21400", 6, "2300", "charging_cycles", "35", "0", "65535"},
};
/* clang-format on */

#undef CELL

#endif
