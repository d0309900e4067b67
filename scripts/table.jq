# Records to lines of tab-separated fields for table.awk: jk-table runs it.
#
#   live  CHANNEL BMS TIME PACK NAME WIDTHS CELLS V A W % MIN MAX DIFF MOS T1 T2 ALARMS ERRORS
#   can   the same of one CAN frame: what it does not have is "-"
#   alarm CHANNEL BMS TIME PACK NAME WIDTHS CLOCK STATE SEVERITY KEY TEXT WIDTHS
#   event CHANNEL BMS TIME PACK NAME WIDTHS CLOCK EVENT WORDS WIDTHS
#   bank  NAME - TIME HEARD KNOWN V A W %
#   energy NAME - TIME IN OUT: watt-hours of today
#   time  CHANNEL BMS TIME
#
# Names and texts come from records that anybody may have written: what a terminal would take for a command,
# or for a change of direction, is shown as "?", and a text where a number belongs as "-".  WIDTHS has a digit
# for each character of the field before it, the columns that it takes; "-": each takes one.

def plain: gsub("[\\p{Cc}\\p{Cf}\u2028\u2029]"; "?");

# None if the character goes on top of the one before, two in the scripts of East Asia and for pictures.
def width: [., ""] | .[0] as $c |
	if $c >= 768 and ($c | [.] | implode | test("\\p{M}")) then 0
	elif any([4352, 4447], [8986, 8987], [9193, 9196], [9725, 9726], [9748, 9749], [9800, 9811],
		[9855, 9855], [9875, 9875], [9889, 9889], [9898, 9899], [9917, 9918], [9924, 9925],
		[9934, 9934], [9940, 9940], [9962, 9962], [9970, 9971], [9973, 9973], [9978, 9978],
		[9981, 9981], [9989, 9989], [9994, 9995], [10024, 10024], [10060, 10060],
		[10062, 10062], [10067, 10069], [10071, 10071], [10133, 10135], [10160, 10160],
		[10175, 10175], [11035, 11036], [11088, 11088], [11093, 11093], [11904, 12350],
		[12353, 42191], [43360, 43391], [44032, 55203], [63744, 64255], [65040, 65049],
		[65072, 65135], [65281, 65376], [65504, 65510], [94176, 101759], [110576, 111359],
		[127744, 129791], [131072, 262141];
		.[0] <= $c and $c <= .[1]) then 2
	else 1 end;
def widths: if test("^[ -~]*$") then "-" else [explode[] | width | tostring] | join("") end;

# A text, cut to what a line can have, and its widths.
def text: tostring | plain | .[0:200] | (., widths);
def number: if type == "number" then . else null end;
def clock: .time | floor | strflocaltime("%H:%M:%S");
def name: .label // .pack // .channel;

# SEVERITY KEY, one behind the other: what jk-alarm says about the record.
def active: if (.alarms | type) == "array" then
		[.alarms[] | objects | select(.severity | type == "string")
			| "\(.severity | plain) \(.key | tostring | plain)"] | join(";")
	else null end;
# The levels and bits of CAN, which come only while there are some.
def can_errors: if .can_alarm_levels then
		del(.time, .channel, .bms, .type, .pack, .label, .can_alarm_levels, .alarms)
		| to_entries | map("\(.key) \(.value)") | join(";")
	else .can_error_bits_text end;

def values($cells; $errors):
	[.total_voltage, .current, .power, .state_of_charge, .min_cell_voltage, .max_cell_voltage,
	 .delta_cell_voltage, .mosfet_temperature, .temperature_sensor_1, .temperature_sensor_2
		| number] as $v |
	[$cells, $v[], active, ($errors | strings | if . == "" then null else . end) // null];
def head($kind): [$kind, .channel, .bms, .time, .pack, (name | text)];

(fromjson? | select(.time | type == "number") |
if .type == "live" then
	head("live") + values(.cell_voltages | map(numbers) | length; .errors)
elif .type == "can" and .bms != null then
	head("can") + values([keys[] | capture("^cell_voltage_(?<n>[0-9]+)$").n | tonumber] | max; can_errors)
elif .type == "bank" then
	["bank", (.bank | strings), null, .time] +
		([.packs_heard, .packs_known, .total_voltage, .current, .power, .state_of_charge] |
			map(number))
elif .type == "energy" and .bank then
	["energy", (.bank | strings), null, .time] + ([.charged_wh_today, .discharged_wh_today] | map(number))
elif .type == "alarm" then
	((.label // .pack // "") | tostring) as $named |
	["alarm", .channel, .bms, .time, .pack,
	 ((if $named == "" then "\(.channel | tostring | .[0:14]) bms \(.bms // "-")"
	   else $named end) | text),
	 clock, (if .active then "raised" else "cleared" end), .severity, .key,
	 ((.text | strings | if $named == "" then . else ltrimstr($named + ": ") end) // .key | text)]
elif .type == "event" and
	(.event | IN("open", "close", "mode", "timeout", "lost", "refused", "conflict", "write")) then
	head("event") + [clock, .event, (.words // "" | text)]
else
	["time", .channel, .bms, .time]
end |
map(if . == null then "-" else tostring | plain end) | join("\t"))?
