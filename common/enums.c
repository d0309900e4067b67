/* SPDX-License-Identifier: MIT */
#include "enums.h"

/*
 * Where no other source stands, the texts are those of SY (the BLE component) and, for the protocols, of the vendor's app as
 * SY lists them.
 */

static const char *const uart_protocol[] = {
	[0] = "4G-GPS Remote module Common protocol V4.2",
	[1] = "JK BMS RS485 Modbus V1.0",
	[2] = "NIU U SERIES",
	[3] = "China tower shared battery cabinet V1.1",
	[4] = "PACE_RS485_Modbus_V1.3",
	[5] = "PYLON_low_voltage_Protocol_RS485_V3.5",
	[6] = "Growatt_BMS_RS485_Protocol_1xSxxP_ESS_Rev2.01",
	[7] = "Voltronic_Inverter_and_BMS_485_communication_protocol_20200325",
	[8] = "China tower shared battery cabinet V2.0",
	[9] = "WOW_RS485_Modbus_V1.3",
	[10] = "JK BMS LCD Protocol V2.0",
	[11] = "UART1 User customization",
	[12] = "UART2 User customization",
	[13] = "(9600) JK BMS RS485 Modbus V1.0",
	[14] = "(9600) PYLON_low_voltage_Protocol_RS485_V3.5",
	[15] = "JK BMS PBxx SERIES LCD Protocol V1.0",
	[16] = "JK BMS LIN BUS V1.0",
	[17] = "RS485 Protocol 17",
	[18] = "RS485 Protocol 18",
	[19] = "RS485 Protocol 19",
	[20] = "RS485 Protocol 20",
};

static const char *const can_protocol[] = {
	[0] = "JK BMS CAN Protocol (250K) V2.0",
	[1] = "Deye Low-voltage hybrid inverter CAN communication protocol V1.0",
	[2] = "PYLON-Low-voltage-V1.2",
	[3] = "Growatt BMS CAN-Bus-protocol-low-voltage_Rev_05",
	[4] = "Victron_CANbus_BMS_protocol_20170717",
	[5] = "MEGAREVO_Hybird_BMSCAN_Protocol_V1.0",
	[6] = "JK BMS CAN Protocol (500K) V2.0",
	[7] = "INVT BMS CAN Bus protocol V1.02",
	[8] = "GoodWe LV BMS Protocol (EX/EM/S-BP/BP)",
	[9] = "FSS-ConnectingBat-TI-en-10 Version 1.0",
	[10] = "MUST PV1800F-CAN communication Protocol1.04.04",
	[11] = "LuxpowerTek Battery CAN protocol V01",
	[12] = "CAN BUS User customization 1",
	[13] = "CAN BUS User customization 2",
};

static const char *const lcd_buzzer_trigger[] = {
	[0] = "Off",
	[1] = "Low SOC",
	[2] = "Battery over-voltage",
	[3] = "Battery under-voltage",
	[4] = "Cell over-voltage",
	[5] = "Cell under-voltage",
	[6] = "Charge over-current",
	[7] = "Discharge over-current",
	[8] = "Battery over-temperature",
	[9] = "MOSFET over-temperature",
	[10] = "System alarm",
	[11] = "Battery low temperature",
	[12] = "Remote control",
	[13] = "Above SOC",
	[14] = "MOSFET abnormal",
};

static const char *const charge_status_id[] = {
	[0] = "Bulk",
	[1] = "Absorption",
	[2] = "Float",
};

static const char *const battery_type_id[] = {
	[0] = "LFP",
	[1] = "Li-ion",
	[2] = "LTO",
};

static const char *const balancer_status[] = {
	[0] = "Off",
	[1] = "Charging",
	[2] = "Discharging",
};

static const char *const multiplexed_port_mode[] = {
	[0] = "CAN",
	[1] = "RS485",
};

static const char *const modbus_exception[] = {
	[1] = "function not supported",
	[2] = "register not accessible",
	[3] = "value invalid or out of range",
	[4] = "CRC error",
};

#define ENTRY(texts) {#texts, texts, sizeof(texts) / sizeof *(texts)}

const struct enum_texts enum_texts[ENUM_NAMES] = {
	[ENUM_UART_PROTOCOL] = ENTRY(uart_protocol),
	[ENUM_CAN_PROTOCOL] = ENTRY(can_protocol),
	[ENUM_TRIGGER] = ENTRY(lcd_buzzer_trigger),
	[ENUM_CHARGE_STATUS] = ENTRY(charge_status_id),
	[ENUM_BATTERY_TYPE] = ENTRY(battery_type_id),
	[ENUM_BALANCER_STATUS] = ENTRY(balancer_status),
	[ENUM_MULTIPLEXED_PORT_MODE] = ENTRY(multiplexed_port_mode),
	[ENUM_MODBUS_EXCEPTION] = ENTRY(modbus_exception),
};

const char *enum_text(enum enum_name name, int64_t value)
{
	const struct enum_texts *e = &enum_texts[name];
	if (value < 0 || (uint64_t)value >= e->count || e->texts[value] == NULL)
		return "Unknown";
	return e->texts[value];
}
