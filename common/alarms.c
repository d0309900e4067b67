/* SPDX-License-Identifier: MIT */
#include "alarms.h"

#include <string.h>

const struct alarm_bit alarm_bits[ALARM_BITS] = {
	[0] = {"wire_resistance", "Balance wire resistance too high", SEVERITY_WARNING, "R10 R11 SD SE MM SY"},
	[1] = {"mosfet_overtemperature", "MOSFET over-temperature", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[2] = {"cell_count_mismatch", "Cell count differs from setting", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[3] = {"current_sensor_error", "Current sensor fault", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[4] = {"cell_overvoltage", "Cell over-voltage", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[5] = {"battery_overvoltage", "Pack over-voltage", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[6] = {"charge_overcurrent", "Charge over-current", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[7] = {"charge_short_circuit", "Charge short circuit", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[8] = {"charge_overtemperature", "Charge over-temperature", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[9] = {"charge_undertemperature", "Charge under-temperature", SEVERITY_WARNING, "R10 R11 SD SE MM SY"},
	[10] = {"internal_communication_error", "Internal communication fault", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[11] = {"cell_undervoltage", "Cell under-voltage", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[12] = {"battery_undervoltage", "Pack under-voltage", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[13] = {"discharge_overcurrent", "Discharge over-current", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[14] = {"discharge_short_circuit", "Discharge short circuit", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[15] = {"discharge_overtemperature", "Discharge over-temperature", SEVERITY_ALARM, "R10 R11 SD SE MM SY"},
	[16] = {"charge_mosfet_fault", "Charge MOSFET fault", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[17] = {"discharge_mosfet_fault", "Discharge MOSFET fault", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[18] = {"gps_disconnected", "GPS disconnected", SEVERITY_INFO, "R10 R11 SD SE MM SY"},
	[19] = {"modify_password", "Default password still in use", SEVERITY_INFO, "R10 R11 SD SE MM SY"},
	[20] = {"discharge_on_failed", "Discharge could not be switched on", SEVERITY_CRITICAL, "R10 R11 SD SE MM SY"},
	[21] = {"battery_overtemperature", "Battery over-temperature warning", SEVERITY_WARNING, "R10 R11 SD SE MM SY"},
	[22] = {"temperature_sensor_error", "Temperature sensor fault", SEVERITY_WARNING, "R11 SD SE MM SY"},
	[23] = {"parallel_module_error", "Parallel module fault", SEVERITY_WARNING, "R11 SD SE MM SY"},
	[24] = {"scp_release_failed", "Short-circuit release failed", SEVERITY_CRITICAL, "SY"},
	[25] = {"discharge_overcurrent_2", "Discharge over-current stage 2", SEVERITY_ALARM, "SY"},
	[26] = {"discharge_overcurrent_3", "Discharge over-current stage 3", SEVERITY_ALARM, "SY"},
	[27] = {"discharge_undertemperature", "Discharge under-temperature", SEVERITY_WARNING, "SY"},
	[28] = {"gps_remote_lock", "GPS remote lock", SEVERITY_WARNING, "SY"},
};

uint32_t alarm_bits_counted(uint32_t errors)
{
	for (unsigned bit = 0; bit < ALARM_BITS; bit++)
		if (alarm_bits[bit].severity == SEVERITY_INFO)
			errors &= ~(UINT32_C(1) << bit);
	return errors;
}

/* Two bits each of 0x7F4.  Sources: the V1 CAN document, the seed and, where CAND stands, the V2.1 table. */
const struct alarm_level alarm_levels[ALARM_LEVELS] = {
	[0] = {"cell_overvoltage", "Cell over-voltage", "CANV1 SD CAND"},
	[1] = {"cell_undervoltage", "Cell under-voltage", "CANV1 SD CAND"},
	[2] = {"total_overvoltage", "Pack over-voltage", "CANV1 SD"},
	[3] = {"total_undervoltage", "Pack under-voltage", "CANV1 SD"},
	[4] = {"cell_voltage_difference", "Cell voltage difference too large", "CANV1 SD CAND"},
	[5] = {"discharge_overcurrent", "Discharge over-current", "CANV1 SD CAND"},
	[6] = {"charge_overcurrent", "Charge over-current", "CANV1 SD CAND"},
	[7] = {"temperature_high", "Temperature too high", "CANV1 SD CAND"},
	[8] = {"temperature_low", "Temperature too low", "CANV1 SD CAND"},
	[9] = {"temperature_difference", "Temperature difference too large", "CANV1 SD"},
	[10] = {"soc_low", "SOC too low", "CANV1 SD CAND"},
	[11] = {"insulation_low", "Insulation too low", "CANV1 SD"},
	[12] = {"high_voltage_interlock", "High-voltage interlock fault", "CANV1 SD"},
	[13] = {"external_communication", "External communication failure", "CANV1 SD"},
	[14] = {"internal_communication", "Internal communication failure", "CANV1 SD CAND"},
};

static const char *const names[SEVERITIES] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ALARM] = "alarm",
	[SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return names[severity];
}

enum severity severity_find(const char *p, size_t n)
{
	int i = 0;
	while (i < SEVERITIES && (strlen(names[i]) != n || memcmp(names[i], p, n) != 0))
		i++;
	return (enum severity)i;
}

enum severity severity_of_level(unsigned level)
{
	static const enum severity severities[4] = {
		[1] = SEVERITY_CRITICAL, [2] = SEVERITY_ALARM, [3] = SEVERITY_WARNING};
	return severities[level & 3];
}
