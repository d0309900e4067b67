/* SPDX-License-Identifier: MIT */
#include "setting.h"

/*
 * Offset, size, sign, decimals, factory value, and the bounds that the register accepts, all in the unit of
 * the wire.
 */
const struct setting settings[] = {
	{"smart_sleep_voltage", TYPE_SETTINGS, 6, 4, false, 3, 3400, 3, 4350, 0},
	{"cell_voltage_undervoltage_protection", TYPE_SETTINGS, 10, 4, false, 3, 2630, 1200, 4350, 0},
	{"cell_voltage_undervoltage_recovery", TYPE_SETTINGS, 14, 4, false, 3, 2670, 1200, 4350, 0},
	{"cell_voltage_overvoltage_protection", TYPE_SETTINGS, 18, 4, false, 3, 3650, 1200, 4350, 0},
	{"cell_voltage_overvoltage_recovery", TYPE_SETTINGS, 22, 4, false, 3, 3450, 1200, 4350, 0},
	{"balance_trigger_voltage", TYPE_SETTINGS, 26, 4, false, 3, 5, 3, 1000, 0},
	{"cell_soc100_voltage", TYPE_SETTINGS, 30, 4, false, 3, 3499, 3, 4350, 0},
	{"cell_soc0_voltage", TYPE_SETTINGS, 34, 4, false, 3, 2650, 3, 4350, 0},
	{"cell_request_charge_voltage", TYPE_SETTINGS, 38, 4, false, 3, 3500, 0, 4350, 0},
	{"cell_request_float_voltage", TYPE_SETTINGS, 42, 4, false, 3, 3350, 0, 4350, 0},
	{"power_off_voltage", TYPE_SETTINGS, 46, 4, false, 3, 2550, 1200, 4350, 0},
	{"max_charge_current", TYPE_SETTINGS, 50, 4, false, 3, 100000, 1000, 600000, 0},
	{"charge_overcurrent_protection_delay", TYPE_SETTINGS, 54, 4, false, 0, 3, 2, 600, 0},
	{"charge_overcurrent_protection_recovery_time", TYPE_SETTINGS, 58, 4, false, 0, 60, 2, 600, 0},
	{"max_discharge_current", TYPE_SETTINGS, 62, 4, false, 3, 100000, 1000, 1200000, 0},
	{"discharge_overcurrent_protection_delay", TYPE_SETTINGS, 66, 4, false, 0, 300, 2, 600, 0},
	{"discharge_overcurrent_protection_recovery_time", TYPE_SETTINGS, 70, 4, false, 0, 60, 2, 600, 0},
	{"short_circuit_protection_recovery_time", TYPE_SETTINGS, 74, 4, false, 0, 5, 2, 600, 0},
	{"max_balance_current", TYPE_SETTINGS, 78, 4, false, 3, 2000, 300, 10000, 0},
	{"charge_overtemperature_protection", TYPE_SETTINGS, 82, 4, true, 1, 500, 300, 800, 0},
	{"charge_overtemperature_protection_recovery", TYPE_SETTINGS, 86, 4, true, 1, 450, 300, 800, 0},
	{"discharge_overtemperature_protection", TYPE_SETTINGS, 90, 4, true, 1, 500, 300, 800, 0},
	{"discharge_overtemperature_protection_recovery", TYPE_SETTINGS, 94, 4, true, 1, 450, 300, 800, 0},
	{"charge_undertemperature_protection", TYPE_SETTINGS, 98, 4, true, 1, 20, -450, 200, 0},
	{"charge_undertemperature_protection_recovery", TYPE_SETTINGS, 102, 4, true, 1, 50, -450, 200, 0},
	{"mosfet_overtemperature_protection", TYPE_SETTINGS, 106, 4, true, 1, 800, 500, 1100, 0},
	{"mosfet_overtemperature_protection_recovery", TYPE_SETTINGS, 110, 4, true, 1, 700, 500, 1100, 0},
	{"cell_count", TYPE_SETTINGS, 114, 4, false, 0, 16, 2, 32, 0},
	{"charging_switch", TYPE_SETTINGS, 118, 4, false, 0, 1, 0, 1, 0},
	{"discharging_switch", TYPE_SETTINGS, 122, 4, false, 0, 1, 0, 1, 0},
	{"balancer_switch", TYPE_SETTINGS, 126, 4, false, 0, 1, 0, 1, 0},
	{"total_battery_capacity", TYPE_SETTINGS, 130, 4, false, 3, 280000, 2000, 2000000, 0},
	{"short_circuit_protection_delay", TYPE_SETTINGS, 134, 4, false, 0, 1000, 0, 1000000, 0},
	{"balancing_start_voltage", TYPE_SETTINGS, 138, 4, false, 3, 3380, 1200, 4250, 0},
	{"device_address", TYPE_SETTINGS, 270, 4, false, 0, 1, 0, 15, 0},
	{"discharge_precharge_time", TYPE_SETTINGS, 274, 4, false, 0, 0, 0, 255, 0},
	{"control_bitmask", TYPE_SETTINGS, 282, 2, false, 0, 0, 0, 65535, 0},
	{"heating_start_temperature", TYPE_SETTINGS, 284, 1, true, 0, 3, -40, 100, HEATER},
	{"heating_stop_temperature", TYPE_SETTINGS, 285, 1, true, 0, 10, -40, 100, HEATER},
	{"smart_sleep_delay", TYPE_SETTINGS, 286, 1, false, 0, 24, 1, 100, 0},
	{"data_field_enable_0", TYPE_SETTINGS, 287, 1, false, 0, 254, 0, 255, FIXED},
	{"discharge_undertemperature_protection", TYPE_SETTINGS, 296, 1, true, 0, -20, -40, 100, ONLY_19},
	{"discharge_undertemperature_protection_recovery", TYPE_SETTINGS, 297, 1, true, 0, -15, -40, 100,
	 ONLY_19},
	{"uart1_protocol_number", TYPE_ABOUT, 184, 1, false, 0, 0, 0, 20, 0},
	{"can_protocol_number", TYPE_ABOUT, 185, 1, false, 0, 6, 0, 13, 0},
	{"uart2_protocol_number", TYPE_ABOUT, 218, 1, false, 0, 1, 0, 20, 0},
	{"lcd_buzzer_trigger", TYPE_ABOUT, 234, 1, false, 0, 1, 0, 14, 0},
	{"dry1_trigger", TYPE_ABOUT, 235, 1, false, 0, 9, 0, 14, 0},
	{"dry2_trigger", TYPE_ABOUT, 236, 1, false, 0, 11, 0, 14, 0},
	{"uart_protocol_library_version", TYPE_ABOUT, 237, 1, false, 0, 1, 0, 255, FIXED},
	{"lcd_buzzer_trigger_value", TYPE_ABOUT, 238, 4, true, 0, 20, 0, 100, 0},
	{"lcd_buzzer_release_value", TYPE_ABOUT, 242, 4, true, 0, 25, 0, 100, 0},
	{"dry1_trigger_value", TYPE_ABOUT, 246, 4, true, 0, 95, 0, 100, 0},
	{"dry1_release_value", TYPE_ABOUT, 250, 4, true, 0, 85, 0, 100, 0},
	{"dry2_trigger_value", TYPE_ABOUT, 254, 4, true, 0, 9, 0, 100, 0},
	{"dry2_release_value", TYPE_ABOUT, 258, 4, true, 0, 11, 0, 100, 0},
	{"data_stored_period", TYPE_ABOUT, 262, 4, false, 0, 3600, 1, 86400, 0},
	{"cell_request_charge_voltage_time", TYPE_ABOUT, 266, 1, false, 1, 10, 1, 182, 0},
	{"cell_request_float_voltage_time", TYPE_ABOUT, 267, 1, false, 1, 240, 1, 255, 0},
	{"can_protocol_library_version", TYPE_ABOUT, 268, 1, false, 0, 1, 0, 255, FIXED},
	{"emergency_duration", TYPE_ABOUT, 269, 1, false, 0, 30, 1, 255, 0},
	{"uart3_protocol_number", TYPE_ABOUT, 270, 1, false, 0, 0, 0, 20, ONLY_19},
	{"re_bulk_soc", TYPE_ABOUT, 278, 1, false, 0, 20, 0, 50, ONLY_19},
	{NULL, TYPE_ABOUT, 219, 1, false, 0, 0xFF, 0, 255, FIXED},
	{NULL, TYPE_ABOUT, 271, 1, false, 0, 0, 0, 255, FIXED},
	{NULL, TYPE_ABOUT, 279, 1, false, 0, 0, 0, 255, FIXED},
};
const size_t setting_count = sizeof(settings) / sizeof(settings[0]);

/* The 32 wire resistances are at 142 to 269 and otherwise alike. */
static const struct setting wire_resistance = {NULL, TYPE_SETTINGS, 142, 4, false, 6, 0, 0, 100000, 0};

void setting_put(const struct setting *s, uint8_t *image, int64_t value)
{
	if (s->size == 4)
		wire_put32(image + s->at, value);
	else if (s->size == 2)
		wire_put16(image + s->at, value);
	else
		image[s->at] = (uint8_t)value;
}

int64_t setting_get(const struct setting *s, const uint8_t *image)
{
	return wire_get(image + s->at, s->size, s->is_signed);
}

bool setting_known(const struct setting *s, const struct firmware *f)
{
	return s->key && !(s->flags & FIXED) && (!(s->flags & ONLY_19) || f->number == 19) &&
	       (!(s->flags & HEATER) || f->heater);
}

const struct setting *setting_at(enum frame_type type, size_t at)
{
	if (type == TYPE_SETTINGS && at >= 142 && at < 270)
		return at % 4 == 2 ? &wire_resistance : NULL;
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == type && settings[i].at == at)
			return &settings[i];
	return NULL;
}
