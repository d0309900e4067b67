# Part of conf.awk: the kinds of values.

# "2", "0.5": with at most so many places, but zeros behind them
function is_decimal(value, places,   point, rest) {
	if (value !~ /^[0-9]+(\.[0-9]+)?$/)
		return 0
	point = index(value, ".")
	rest = point ? substr(value, point + 1 + places) : ""
	return rest !~ /[1-9]/
}

function number_wrong(value, min, max, places) {
	if (!is_decimal(value, 15) && value !~ /^-[0-9.]+$/)
		return "not a number"
	if (!is_decimal(value, places) && value !~ /^-/)
		return places > 0 ? "more than " places " decimals" : "not a whole number"
	return value + 0 < min || value + 0 > max ? "out of bounds" : ""
}

# "1-4,7": fills addresses[] of the line.  Sets value_at to where the fault is.
function addresses_wrong(value, min, max,   n, i, part, first, last, ends, a, seen) {
	n = split(value, part, ",")
	value_at = 0
	for (i = 1; i <= n; i++) {
		if (part[i] !~ /^[0-9]+(-[0-9]+)?$/)
			return "not numbers and ranges of addresses"
		split(part[i], ends, "-")
		first = ends[1] + 0
		last = part[i] ~ /-/ ? ends[2] + 0 : first
		if (first < min || last > max)
			return first == 0 && min == 1 ? "0 is a bus master, which cannot be polled" : \
				"out of bounds"
		if (last < first)
			return "a range goes from a smaller to a larger address"
		for (a = first; a <= last; a++) {
			if (a in seen)
				return "address " a " is given twice"
			seen[a] = 1
		}
		value_at += length(part[i]) + 1
	}
	value_at = 0
	return ""
}

function channel_wrong(value) {
	if (length(value) > 31)
		return "longer than 31 characters"
	if (value ~ /^\.\.?$/)
		return "the name of a directory"
	return value ~ /^[A-Za-z0-9._-]+$/ ? "" : "a character that a name cannot have"
}

function pack_wrong(value) {
	if (length(value) > 31)
		return "longer than 31 characters"
	return value ~ /^[A-Za-z0-9_-]+$/ ? "" : "a character that a name cannot have"
}

function place_wrong(value,   colon, address) {
	colon = index(value, ":")
	if (colon == 0)
		return "no bus before the address"
	if (colon == 1 || channel_wrong(substr(value, 1, colon - 1)) != "")
		return "the bus before the address is no name of a bus"
	address = substr(value, colon + 1)
	value_at = colon
	return address ~ /^[0-9]+$/ && address + 0 <= 15 ? "" : "an address is a number from 0 to 15"
}

function label_wrong(value) {
	if (!quoted[at])
		return "not in quotes"
	if (value ~ /^ +$/)
		return "empty"
	return length(value) > 96 ? "longer than 96 bytes" : ""
}

function area_wrong(value) {
	if (value ~ /^ *$/)
		return "empty"
	return length(value) > 96 ? "longer than 96 bytes" : ""
}

function prefix_wrong(value) {
	if (length(value) > 64)
		return "longer than 64 characters"
	if (value !~ "^[A-Za-z0-9_/-]+$" || value ~ "^/" || value ~ "/$" || value ~ "//")
		return "not the first part of a topic"
	return ""
}

# A number with a unit, in bytes; -1 if it is none.
function bytes_of(value,   unit, bytes) {
	if (value !~ /^[0-9]+[kKMGT]?$/ || length(value) > 12)
		return -1
	bytes = value + 0
	for (unit = index("KMGT", toupper(substr(value, length(value)))); unit > 0; unit--)
		bytes *= 1024
	return bytes
}

function size_wrong(value, min, max,   bytes) {
	bytes = bytes_of(value)
	if (bytes < 0)
		return "not a size"
	return bytes < bytes_of(min) || bytes > bytes_of(max) ? "out of bounds" : ""
}

function path_wrong(value) {
	if (length(value) > 1024)
		return "longer than 1024 bytes"
	if (value ~ /^~/)
		return "~ is not expanded here"
	if (("/" value "/") ~ /\/\.\.\//)
		return ".. in a path"
	return value ~ /^\// ? "" : "not an absolute path"
}

# ---- where frames come from, as jk-capture(1) has it: sets source_kind and source_device ----

function host_port_wrong(value,   port) {
	if (value ~ /@/)
		return "a gateway has no user and password"
	if (value !~ /^([A-Za-z0-9._-]+|\[[0-9A-Za-z:.%]+\]):[^:]*$/)
		return "a gateway is given as tcp:HOST:PORT"
	port = value
	sub(/^.*:/, "", port)
	return port ~ /^[0-9]+$/ && port + 0 >= 1 && port + 0 <= 65535 ? "" : \
		"the port is a number from 1 to 65535"
}

function tcp_wrong(value,   wrong) {
	source_kind = "tcp"
	wrong = host_port_wrong(value)
	source_device = "tcp:" tolower(value)
	return wrong
}

function plain_path(path) {
	gsub(/\/+/, "/", path)
	while (sub(/\/\.\//, "/", path))
		;
	return path
}

# What stands behind a comma after the last slash.
function after_comma(value) {
	return match(value, ",[^,/]*$") ? substr(value, RSTART + 1) : ""
}

function has_comma(value) {
	return value ~ ",[^,/]*$"
}

function is_rate(kind, text) {
	return text != "" && index(" " line_rates(kind) " ", " " text " ") > 0
}

function serial_wrong(value,   baud) {
	source_kind = "serial"
	baud = after_comma(value)
	if (has_comma(value)) {
		if (!is_rate("serial", baud))
			return "no such baud: usual are 9600 and 115200, and JK BMS have 115200"
		sub(",[^,/]*$", "", value)
	}
	source_device = plain_path(value)
	return value ~ /^\/./ ? "" : "the path of a serial line is not absolute"
}

function can_wrong(value,   interface) {
	source_kind = "can"
	interface = value
	sub(/,.*/, "", interface)
	source_device = "can:" interface
	if (value ~ /,/ && !is_rate("can", substr(value, length(interface) + 2)))
		return "the bit rate is a number that CAN controllers are set to; JK BMS have 250000 or 500000"
	if (interface ~ /^\.?\.?$/ || length(interface) > 15 || interface ~ "[/: \t]")
		return "a CAN interface is given as can:IFACE or can:IFACE,BITRATE"
	return ""
}

function file_wrong(value,   factor) {
	source_kind = "file"
	factor = after_comma(value)
	if (has_comma(value)) {
		if (!is_decimal(factor, 3) || (factor + 0 != 0 && (factor + 0 < 0.001 ||
			factor + 0 > 1000000)))
			return "the factor after the comma is 0, or 0.001 to 1000000"
		sub(",[^,/]*$", "", value)
	}
	source_device = value
	return value ~ /^\/./ ? "" : "the path of a recording is not absolute"
}

function source_wrong(value,   rest) {
	source_kind = source_device = ""
	if (length(value) > 1024)
		return "longer than 1024 bytes"
	if (tolower(value) ~ /^tcp:\/\//) {
		rest = substr(value, 7)
		sub(/\/$/, "", rest)
		return tcp_wrong(rest)
	}
	if (value ~ /^[A-Za-z][A-Za-z0-9+.-]*:\/\//)
		return "no such source"
	if (value ~ /^tcp:/)
		return tcp_wrong(substr(value, 5))
	if (value ~ /^serial:/)
		return serial_wrong(substr(value, 8))
	if (value ~ /^can:/)
		return can_wrong(substr(value, 5))
	if (value ~ /^file:/)
		return file_wrong(substr(value, 6))
	if (value ~ /^\//)
		return serial_wrong(value)
	if (value == "-")
		return "a service has no stdin to read"
	return "no such source" near_source(value)
}

# What was probably meant.
function near_source(value,   meant) {
	if (value ~ /^tty[A-Za-z]+[0-9]+$/)
		meant = "/dev/" value
	else if (value ~ /^v?(sl|x)?can[0-9]+(,[0-9]+)?$/)
		meant = "can:" value
	else if (host_port_wrong(value) == "")
		meant = "tcp:" value
	return meant == "" ? "" : " (near: " meant ")"
}

# ---- the broker, as jk-mqtt(1) has it: sets broker_tls and broker_place ----

function broker_wrong(value,   host, port) {
	broker_tls = tolower(value) ~ /^mqtts:\/\// ? "yes" : tolower(value) ~ /^mqtt:\/\// ? "no" : ""
	host = value
	if (host ~ /@/)
		return "a user is given with user, and a password with password-file, not before an @"
	if (broker_tls != "") {
		sub(/^[^:]*:\/\//, "", host)
		sub(/\/$/, "", host)
	} else if (host ~ /:\/\//)
		return "no such broker"
	port = ""
	if (host ~ /^\[[0-9A-Za-z:.%]+\](:.*)?$/ || host ~ /^[^:]*:[^:]*$/) {
		if (match(host, "[:][^]:]*$")) {
			port = substr(host, RSTART + 1)
			host = substr(host, 1, RSTART - 1)
			if (port !~ /^[0-9]+$/ || port + 0 < 1 || port + 0 > 65535)
				return "the port is a number from 1 to 65535"
		}
	} else if (host ~ /^[0-9A-Za-z:.%]+$/ && host ~ /:.*:/)
		host = "[" host "]"
	if (host !~ /^(\[[0-9A-Za-z:.%]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)$/ || length(host) > 255)
		return "this is no name or address of a host"
	broker_host = tolower(host)
	broker_port = port == "" ? "" : port + 0
	return ""
}

# ---- all kinds ----

# What is wrong with a value of this kind; "" if nothing is.  value_at: at which of its bytes, from 0.
function value_wrong(kind, value,   k, n) {
	value_at = 0
	if (value == "")
		return "empty"
	n = split(kind, k, " ")
	if (k[1] == "number")
		return number_wrong(value, k[2], k[3], k[4])
	if (k[1] == "integer")
		return number_wrong(value, k[2], k[3], 0)
	if (k[1] == "addresses")
		return addresses_wrong(value, k[2], k[3])
	if (k[1] == "channel")
		return channel_wrong(value)
	if (k[1] == "pack")
		return pack_wrong(value)
	if (k[1] == "packs")
		return pack_wrong(value)
	if (k[1] == "bank")
		return length(value) > 26 ? "longer than 26 characters" : pack_wrong(value)
	if (k[1] == "place")
		return place_wrong(value)
	if (k[1] == "label")
		return label_wrong(value)
	if (k[1] == "area")
		return area_wrong(value)
	if (k[1] == "prefix")
		return prefix_wrong(value)
	if (k[1] == "size")
		return size_wrong(value, k[2], k[3])
	if (k[1] == "path")
		return path_wrong(value)
	if (k[1] == "history")
		return value == "no" ? "" : path_wrong(value)
	if (k[1] == "source")
		return source_wrong(value)
	if (k[1] == "broker")
		return broker_wrong(value)
	if (k[1] == "choice")
		return n == 3 && value != k[2] && value != k[3] ? "no such choice" : ""
	return ""
}

# What is expected there, in words.
function expected(r,   k, unit) {
	split(row_kind[r], k, " ")
	unit = row_argument[r] == "SECONDS" ? " of seconds" : row_argument[r] == "MS" ? \
		" of milliseconds" : row_argument[r] == "MV" ? " of millivolts" : ""
	if (k[1] == "number")
		return "a number" unit " from " k[2] " to " k[3]
	if (k[1] == "integer")
		return "a whole number from " k[2] " to " k[3]
	if (k[1] == "addresses")
		return "addresses from " k[2] " to " k[3] ", such as 1-4,7"
	if (k[1] == "channel")
		return "1 to 31 letters, digits, and . _ -"
	if (k[1] == "pack")
		return "1 to 31 letters, digits, _ and -"
	if (k[1] == "packs")
		return "names of packs"
	if (k[1] == "bank")
		return "1 to 26 letters, digits, _ and -"
	if (k[1] == "place")
		return "BUS:ADDR, such as shed:1"
	if (k[1] == "label")
		return "a text in double quotes, 1 to 96 bytes"
	if (k[1] == "area")
		return "a text, 1 to 96 bytes"
	if (k[1] == "prefix")
		return "1 to 64 letters, digits, _ and -, and / inside"
	if (k[1] == "size")
		return "a size from " k[2] " to " k[3] ", such as 500M or 2G"
	if (k[1] == "path")
		return "a path that begins with /"
	if (k[1] == "history")
		return "no, or a path that begins with /"
	if (k[1] == "source")
		return \
			"/dev/NAME, serial:PATH[,BAUD], tcp:HOST:PORT, can:IFACE[,BITRATE] or" \
				" file:LOG[,FACTOR]"
	if (k[1] == "broker")
		return "HOST[:PORT], such as homeassistant.local:1883"
	if (k[1] == "choice")
		return k[2] " or " k[3]
	return "a word"
}

# What a message may show of a value: never what may be a password.
function shown(r, value) {
	if (row_kind[r] == "path password")
		return ""
	if (row_kind[r] == "broker" || row_kind[r] == "source")
		sub(/^.*@/, "", value)
	return value == "" || length(value) > 60 ? "" : " " value
}
