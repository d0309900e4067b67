# The table of jk.conf(5): one row for each word of a line.  Checks, command lines, messages, the manual page
# and completion are made from it.  `awk -f conf-table.awk -f conf.awk -f conf-plan.awk -v mode=table`
# prints it.
#
# row(KEYWORD, WORD, ARGUMENT, KIND, PROGRAM, OPTION, DEFAULT, TEXT)
#   WORD      "" is the keyword itself, a name in capitals a word without a name, in this order; else an
# option
#   ARGUMENT  what stands behind an option; "" is a flag; in brackets: it may be missing
#   KIND      see value_wrong() in conf.awk; for the keyword itself: one, or many
#   OPTION    of PROGRAM, "" if it is no option
#   TEXT      for the manual page: mdoc, but in one line

# The rates of serial lines and of CAN in bit/s: those that termios has, and those that CAN controllers and
# adapters are set to.  The tables of jk-capture are generated from these.
function line_rates(kind) {
	if (kind == "can")
		return "10000 20000 33333 50000 83333 100000 125000 250000 500000 800000 1000000"
	return "1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 500000 921600 1000000 1500000 " \
		"2000000"
}

function row(keyword, word, argument, kind, program, option, standard, text) {
	rows++
	row_keyword[rows] = keyword
	row_word[rows] = word
	row_argument[rows] = argument
	row_kind[rows] = kind
	row_program[rows] = program
	row_option[rows] = option
	row_default[rows] = standard
	row_text[rows] = text
	row_of[keyword, word] = rows
}

function table() {
	row("bus", "", "", "many", "jk-capture", "", "", "A bus: what is read, and whether it is polled.")
	row("bus", "NAME", "NAME", "channel", "jk-capture", "-n", "",
		"The name of the bus: the channel in frame lines and records.")
	row("bus", "SOURCE", "SOURCE", "source", "jk-capture", "", "",
		"A serial line, a gateway, a CAN interface or a recording.")
	row("bus", "poll", "ADDRS", "addresses 1 15", "jk-capture", "-a", "",
		"Poll the packs with these addresses; not on CAN.")
	row("bus", "listen", "", "flag", "", "", "", "Only listen, which is the default.")
	row("bus", "interval", "SECONDS", "number 0.2 3600 3", "jk-capture", "-i", "2",
		"The time between two live frames of a pack.")
	row("bus", "gap", "MS", "number 10 10000 3", "jk-capture", "-g", "100",
		"The silence between two requests.")
	row("bus", "wait", "MS", "number 50 10000 3", "jk-capture", "-w", "300",
		"The timeout for the first byte of an answer.")
	row("bus", "silence", "SECONDS", "number 1 86400 3", "jk-capture", "-s", "depends on the traffic",
		"Reopen the link after this long without a byte.")
	row("bus", "only", "ADDRS", "addresses 0 11", "jk-capture", "--only", "all",
		"CAN: only frames of the packs with these addresses.")
	row("bus", "inverter", "", "flag", "jk-capture", "--inverter", "",
		"CAN: also the frames for an inverter.")
	row("bus", "all", "", "flag", "jk-capture", "--all", "",
		"CAN: all frames, not only those of JK BMS.")

	row("pack", "", "", "many", "jk-decode", "-m", "",
		"The name of a pack.  A pack without such a line is bms_ADDR.")
	row("pack", "BUS:ADDR", "BUS:ADDR", "place", "jk-decode", "", "",
		"The bus, and the address of the pack on it, 0 to 15; on CAN 0 to 11.")
	row("pack", "NAME", "NAME", "pack", "jk-decode", "", "",
		"Its name in records, topics and entities.  Its sources on RS485 and on CAN have the same.")
	row("pack", "LABEL", "[\"LABEL\"]", "label", "jk-decode", "", "",
		"Its name for people, in any language.")
	row("pack", "area", "\"AREA\"", "area", "jk-decode", "", "",
		"Where it is: Home Assistant suggests this area for it.")

	row("bank", "", "", "many", "jk-bank", "-b", "",
		"A battery of several packs: its totals and its energy.  Without such a line there are none.")
	row("bank", "NAME", "NAME", "bank", "jk-bank", "", "",
		"Its name: it is published as bank_NAME.")
	row("bank", "PACKS", "[PACK...]", "packs", "jk-bank", "", "all packs",
		"Its packs, by their names; a pack without a name is bms_ADDR.")

	row("broker", "", "", "many", "jk-mqtt", "", "", "An MQTT broker, to which everything is published.")
	row("broker", "HOST[:PORT]", "HOST[:PORT]", "broker", "jk-mqtt", "", "port 1883, with cafile 8883",
		"The broker.")
	row("broker", "user", "USER", "word", "jk-mqtt", "-u", "", "The name of the user there.")
	row("broker", "password-file", "FILE", "path password", "jk-mqtt", "-P", "",
		"Its first line is the password.")
	row("broker", "prefix", "PREFIX", "prefix", "jk-mqtt", "-p", "jk", "The first part of all topics.")
	row("broker", "discovery-prefix", "PREFIX", "prefix", "jk-mqtt", "-D", "homeassistant",
		"The first part of discovery topics.")
	row("broker", "discovery", "MODE", "choice device component", "jk-mqtt", "--discovery", "device",
		"One discovery message for each device, or for each component.")
	row("broker", "layout", "LAYOUT", "choice jk addon", "jk-mqtt", "--layout", "jk",
		"The topics and entities of jk-mqtt, or those of the Node-RED add-on.")
	row("broker", "interval", "SECONDS", "number 0 3600 6", "jk-mqtt", "-i", "5",
		"The time between two messages of one state.")
	row("broker", "cell-step", "MV", "number 1 1000 3", "jk-mqtt", "--cell-step", "5",
		"Home Assistant gets the cells once a minute, or when one has moved by this.")
	row("broker", "every-change", "", "flag", "jk-mqtt", "--every-change", "",
		"Home Assistant gets each change of cells and clocks, and all digits.")
	row("broker", "timeout", "SECONDS", "number 1 86400 6", "jk-mqtt", "-t", "30",
		"A device is offline after this silence.")
	row("broker", "max-age", "SECONDS", "number 1 86400 6", "jk-mqtt", "--max-age",
		"10, with a recording none", "Do not publish values of older records.")
	row("broker", "wait", "SECONDS", "number 1 3600 6", "jk-mqtt", "-w", "2",
		"At the end, wait so long for the broker to take what is left.")
	row("broker", "values", "", "flag", "jk-mqtt", "-k", "",
		"Publish each value on a topic of its own as well.")
	row("broker", "cafile", "FILE", "path pem", "jk-mqtt", "--cafile", "",
		"Use TLS, and trust these authorities.")
	row("broker", "cert", "FILE", "path pem", "jk-mqtt", "--cert", "",
		"The client certificate, with key.")
	row("broker", "key", "FILE", "path pem", "jk-mqtt", "--key", "", "Its key, not encrypted.")

	row("commands", "", "", "one", "jk-write", "", "",
		"Whether settings may be changed, by MQTT and with jk-set.")
	row("commands", "YES|NO", "yes|no", "choice yes no", "jk-write", "", "no",
		"With yes, on each bus that is polled.")
	row("commands", "allow", "FILE", "path allow", "jk-write", "-A", "",
		"Rules that say which settings may be changed on which pack, see jk-write(1).")
	row("commands", "per-second", "N", "integer 1 100", "jk-write", "--per-second", "1",
		"Writes a second to one pack.")
	row("commands", "per-day", "N", "integer 1 100000", "jk-write", "--per-day", "200",
		"Writes a day to one pack.")
	row("commands", "max-age", "SECONDS", "number 0.1 3600 6", "jk-write", "--max-age", "10",
		"Reject commands that are older than this when their turn comes.")
	row("commands", "dry-run", "", "flag", "jk-write", "-n", "",
		"Report what would be sent; send nothing.")

	row("rules", "", "", "one", "jk-alarm", "", "", "The rules for alarms.")
	row("rules", "FILE", "FILE", "path rules", "jk-alarm", "-r", "the default rules",
		"The file of rules, see jk-rules(5).")

	row("decode", "", "", "one", "jk-decode", "", "", "How frames are decoded; at least one option.")
	row("decode", "lenient", "", "flag", "jk-decode", "-l", "", "Accept inconsistent frames.")
	row("decode", "all", "", "flag", "jk-decode", "--all", "",
		"Write all keys, also duplicates and undocumented bytes.")

	row("record", "", "", "one", "s6-log", "", "", "Record all frames, compressed.")
	row("record", "DIR", "DIR", "path dir", "s6-log", "", "", "The directory of the archive.")
	row("record", "keep", "SIZE", "size 1M 1024T", "s6-log", "", "",
		"Remove the oldest files when all of them are larger than this; it must be given.")
	row("record", "file", "SIZE", "size 64k 255M", "s6-log", "", "4M",
		"The size of a file before it is compressed.")
	row("record", "passcodes", "", "flag", "jk-redact", "", "",
		"Keep passcodes in the archive; without it they are blanked.")

	row("copy", "", "", "many", "jk-tee", "", "",
		"Copy a stream to another reader, which is never waited for.")
	row("copy", "STREAM", "frames|records", "choice frames records", "jk-tee", "", "",
		"Frame lines or records.")
	row("copy", "PATH", "PATH", "path copy", "jk-tee", "", "", "A FIFO that exists, or a file.")

	row("notify", "", "", "one", "jk-notify", "", "",
		"Run a program for each alarm that is raised or cleared.")
	row("notify", "PROGRAM", "PROGRAM", "path program", "jk-notify", "", "",
		"The program: its stdin is the text of the alarm.  One runs at a time.")

	row("history", "", "", "one", "jk-history", "", "",
		"The history of packs and banks, for jk-query(1).")
	row("history", "FILE", "no|FILE", "history", "jk-history", "", "STATE/history.db",
		"The database; with no there is none.")
	row("history", "keep-minutes", "DAYS", "integer 0 36500", "jk-history", "-m", "400",
		"Remove minutes that are older; 0 keeps all.")
	row("history", "keep-rest", "DAYS", "integer 0 36500", "jk-history", "-r", "0",
		"Remove hours and cells that are older; 0 keeps all.")
	row("history", "recent", "DIR", "path dir", "jk-history", "-R", "",
		"Write DIR/NAME/recent.json of each pack and bank, for a control panel.")

	row("log", "", "", "one", "s6-log", "", "", "Where the messages of all programs are kept.")
	row("log", "DIR", "DIR", "path dir", "s6-log", "", "STATE/log",
		"It gets one directory for each stage.")
	row("log", "keep", "SIZE", "size 64k 1024G", "s6-log", "", "1M",
		"The size of what is kept of each stage.")
	row("log", "stdout", "", "flag", "s6-log", "", "",
		"Show the messages on stdout of jk-service as well, as in a container.")

	row("run", "", "", "one", "", "", "", "Where the files are that no restart needs.")
	row("run", "DIR", "DIR", "path dir", "", "", "/run/jk",
		"FIFOs, status files and service directories.")

	row("state", "", "", "one", "", "", "", "Where the files are that the next start needs.")
	row("state", "DIR", "DIR", "path dir", "", "", "/var/lib/jk",
		"Active alarms, transitions that no broker has taken yet, commands and results.")
}

# Tab-separated, for scripts.
function print_table(   i) {
	print "keyword\tword\targument\tkind\tprogram\toption\tdefault\ttext"
	for (i = 1; i <= rows; i++)
		print row_keyword[i] "\t" row_word[i] "\t" row_argument[i] "\t" row_kind[i] "\t" \
			row_program[i] "\t" row_option[i] "\t" row_default[i] "\t" row_text[i]
}
