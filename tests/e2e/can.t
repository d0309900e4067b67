#!/bin/sh
# jk-decode on CAN frames of devices, and on the examples of the documents.
. tests/e2e/lib.sh
export dir

captures=${JK_SHARED:-../shared}/captures
if [ ! -d "$captures" ]; then
	skip "CAN frames of devices" "no captures here"
	done_testing
	exit
fi

# decode LOG [OPTION...]: $dir/records and $dir/stderr
decode() {
	log=$1
	shift
	jk-decode "$@" "$captures/$log" >"$dir/records" 2>"$dir/stderr"
}

# records N: so many, and none rejected
records() {
	[ "$(wc -l <"$dir/records")" -eq "$1" ] && lacks '"rejected"' "$dir/records"
}

# values EXPECTED...: the values of all records but the envelope, one record a line
values() {
	sed 's/.*"type":"can",//; s/}$//' "$dir/records" >"$dir/values"
	printf '%s\n' "$@" | diff - "$dir/values"
}

no_complaint() { [ ! -s "$dir/stderr" ]; }

# complains LINE: this one, and no other
complains() { echo "$1" | diff - "$dir/stderr"; }

native=can-jk-native-250k-16s-fw15.38
decode $native.frames
ok "a pack for ten seconds: 344 records, none rejected" records 344
ok "and no complaint" no_complaint
ok "every count, first, last, lowest and highest value" \
	tests/e2e/can.pl expected "$captures/$native.expected.tsv" "$dir/records"
ok "each value is the sheet's" \
	tests/e2e/can.pl sheet common/protocol/can.tsv "$captures/$native.frames" "$dir/records"

decode can-jk-native-500k-b2a8s-issue149.frames
ok "a B2A8S beside an inverter: 7 records" records 7
ok "and two foreign frames" complains 'jk-decode: 2 CAN frames skipped: 2 with foreign ids'
ok "its values" values \
	'"total_voltage":13.3,"current":0.0,"power":0.000,"state_of_charge":100' \
	'"max_cell_voltage":3.328,"max_voltage_cell":1,"min_cell_voltage":3.328,"min_voltage_cell":4,"delta_cell_voltage":0.000' \
	'"capacity_remaining":279.8,"full_charge_capacity":280.0,"total_charging_cycle_capacity":933.9,"charging_cycles":3' \
	'"total_voltage":13.3,"current":0.0,"power":0.000,"state_of_charge":100' \
	'"max_cell_voltage":3.329,"max_voltage_cell":1,"min_cell_voltage":3.328,"min_voltage_cell":4,"delta_cell_voltage":0.001' \
	'"total_voltage":13.3,"current":0.0,"power":0.000,"state_of_charge":100' \
	'"max_cell_voltage":3.328,"max_voltage_cell":1,"min_cell_voltage":3.328,"min_voltage_cell":4,"delta_cell_voltage":0.000'

decode can-jk-native-500k-two-packs-seed.frames
ok "two packs" values \
	'"total_voltage":53.1,"current":1.8,"power":95.580,"state_of_charge":81' \
	'"max_cell_voltage":3.327,"max_voltage_cell":6,"min_cell_voltage":3.324,"min_voltage_cell":1,"delta_cell_voltage":0.003' \
	'"max_temperature":22,"min_temperature":22,"average_temperature":22,"max_temperature_sensor":1,"min_temperature_sensor":0' \
	'"capacity_remaining":227.3,"full_charge_capacity":280.0,"total_charging_cycle_capacity":3287.5,"charging_cycles":35' \
	'"total_voltage":53.19,"current":1.8,"power":95.742,"charging_cycles":35,"temperature":22.8'
ok "the frame without an address is of no BMS" \
	grep -q '"bms":null,"type":"can","total_voltage":53.19' "$dir/records"

decode can-jk-4f4-max-below-min-issue99.frames
ok "a maximum below the minimum is not rejected" values \
	'"max_cell_voltage":3.281,"max_voltage_cell":1,"min_cell_voltage":3.282,"min_voltage_cell":4,"delta_cell_voltage":0.000'

decode can-vendor-v1-examples.frames
ok "the examples of V1" values \
	'"total_voltage":22.5,"current":23.4,"power":526.500,"state_of_charge":16' \
	'"total_voltage":27.5,"current":56.7,"power":1559.250,"state_of_charge":51' \
	'"max_cell_voltage":2.700,"max_voltage_cell":5,"min_cell_voltage":2.450,"min_voltage_cell":8,"delta_cell_voltage":0.250' \
	'"max_temperature":22,"min_temperature":-3,"average_temperature":13,"max_temperature_sensor":38,"min_temperature_sensor":1' \
	'"can_alarm_levels":2097219,"cell_overvoltage":3,"total_undervoltage":1,"soc_low":2' \
	'"can_alarm_levels":3145728,"soc_low":3' \
	'"can_alarm_levels":15,"cell_overvoltage":3,"cell_undervoltage":3' \
	'"can_alarm_levels":245760,"temperature_high":3,"temperature_low":3' \
	'"can_alarm_levels":0'

decode can-examples.frames
ok "the examples of V2.1" values \
	'"total_voltage":27.5,"current":56.7,"power":1559.250,"state_of_charge":51' \
	'"max_cell_voltage":2.700,"max_voltage_cell":5,"min_cell_voltage":2.450,"min_voltage_cell":8,"delta_cell_voltage":0.250' \
	'"max_temperature":22,"min_temperature":-3,"average_temperature":13,"max_temperature_sensor":6,"min_temperature_sensor":1' \
	'"can_alarm_levels":2097155,"cell_overvoltage":3,"soc_low":2' \
	'"capacity_remaining":30.0,"full_charge_capacity":40.0,"total_charging_cycle_capacity":100.0,"charging_cycles":100' \
	'"can_temperature_sensor_mask":7,"temperature_sensor_1":22,"temperature_sensor_2":21,"mosfet_temperature":30,"temperature_sensor_4":null,"temperature_sensor_5":null' \
	'"total_runtime":200,"heating_current":2.600,"state_of_health":100' \
	'"charging":true,"discharging":false,"balancing":true,"heating":true,"charger_plugged":true,"acc":true' \
	'"cell_voltage_1":3.757,"cell_voltage_2":3.755,"cell_voltage_3":3.747,"cell_voltage_4":3.750'

for recording in can-jk-protocol1-deye-500k can-jk-protocol2-pylon-500k; do
	decode $recording.frames
	ok "$recording: no record" records 0
	ok "$recording: nothing but the count" \
		complains 'jk-decode: 100 CAN frames skipped: 100 with foreign ids'
	decode $recording.frames -t inverter
	ok "$recording: -t inverter: a record for each" records 100
	ok "$recording: -t inverter: no complaint" no_complaint
	ok "$recording: of no pack" lacks -v '"bms":null,"type":"inverter",' "$dir/records"
	# The pack of can-jk-native-250k-16s, which requests 67.0 V and 38.0 A there, too.
	for values in '"charge_voltage_limit":67.0,"charge_current_limit":38.0,' \
		'"discharge_current_limit":190.0' '"state_of_charge":99,"state_of_health":100' \
		'"voltage":57.[01][0-9],"current":0.0,"temperature":' '"maker":"JK-BMS"' \
		'"charge_enabled":true,"discharge_enabled":true' '"protection_bits":0,' \
		'"max_cell_voltage":3.57[0-3],"min_cell_voltage":3.5[67][0-9]' '"max_voltage_cell":1,'; do
		ok "$recording: $values" grep -q "$values" "$dir/records"
	done
done
decode can-jk-native-250k-16s-fw15.38.frames -t inverter
ok "no frame of JK's own is for an inverter" records 0
ok "nor is it foreign" no_complaint
done_testing
