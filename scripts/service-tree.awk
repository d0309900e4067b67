# The files of s6 for each stage of the plan, for jk-service: under dir of the environment, in folders that
# are there already.
# Lines of the plan, tab-separated: set, stage; before them `program NAME PATH` and `stamp STAGE FILE WORDS`.

BEGIN {
	FS = "\t"
	dir = ENVIRON["dir"]
	run_dir = ENVIRON["run_dir"]
	log_dir = ENVIRON["log_dir"]
	QUOTE = sprintf("%c", 39)
	n_stages = n_fifos = 0
	wait_ms = 2000
	log_keep = 1000000
	split("jk-capture jk-decode jk-alarm jk-bank jk-mqtt jk-redact jk-write jk-tee jk-notify " \
		"jk-history", names, " ")
	for (i in names)
		tells_ready[names[i]] = 1
}

# A word of the shell.
function word(text) {
	if (text ~ /^[A-Za-z0-9_@%+=:,.\/-]+$/)
		return text
	gsub(QUOTE, QUOTE "\\" QUOTE QUOTE, text)
	return QUOTE text QUOTE
}

# A word of execline.
function execline_word(text,   i, c, all) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1) # awks do not agree on a backslash in what gsub puts in
		all = all (c == "\\" || c == "\"" ? "\\" : "") c
	}
	return "\"" all "\""
}

function base(path) {
	sub(/.*\//, "", path)
	return path
}

function fifo(name) {
	return run_dir "/fifo/" name
}

function note_fifo(name) {
	if (name != "-" && !(name in fifo_seen)) {
		fifo_seen[name] = 1
		fifos[++n_fifos] = name
	}
}

function put(stage, name, text) {
	printf "%s", text >(dir "/" stage "/" name)
	close(dir "/" stage "/" name)
}

# Behind a failure the next start waits: finish has written for how long.
function slowly() {
	return "[ ! -s slow ] || {\n" \
		"\tsleep \"$(cat slow)\" &\n" \
		"\ttrap 'kill $!; exit 0' TERM\n" \
		"\twait\n" \
		"\ttrap - TERM\n" \
		"}\n"
}

# A stage ends with its s6-supervise, since the next s6-supervise starts it again.
function tied() {
	return "setpriv" in path_of ? path_of["setpriv"] " --pdeathsig KILL " : ""
}

# The OUT is opened for both directions: so a neighbour that is away is no error, and nobody waits in open.
function run_of(   i, text, program) {
	program = $5 in path_of ? path_of[$5] : $5
	text = "#!/bin/sh\n# Made by jk-service from the configuration.\n" stamps[$2] "exec 2>&1\n" slowly()
	text = text "exec " tied() word(program)
	if (base($5) in tells_ready)
		text = text " -d 3"
	for (i = 6; i <= NF; i++)
		text = text " " word($i)
	text = text " <" ($3 == "-" ? "/dev/null" : word(fifo($3)))
	if ($4 != "-")
		text = text " 1<>" word(fifo($4))
	else if (base($5) in tells_ready)
		text = text " >/dev/null"
	return text "\n"
}

# s6-log waits for room at its end.  Where there is none when the tree stops, it is ended.
function end_loggers(   test) {
	test = word(log_dir "/.room")
	return "if echo room 2>/dev/null >" test "; then\n" \
		"\trm -f " test "\n" \
		"else\n" \
		"\t(\n" \
		"\t\tsleep 4\n" \
		"\t\ts6-svok . && exit # hold alone has ended\n" \
		"\t\tfor logger in ../*/log; do\n" \
		"\t\t\ts6-svc -xk \"$logger\"\n" \
		"\t\tdone\n" \
		"\t) >/dev/null 2>&1 &\n" \
		"fi\n"
}

function finish_of(stage) {
	return "#!/bin/sh\n" \
		"# $1: exit status, or 256 and the signal in $2.  The log may be full.\n" \
		(stage == "hold" ? end_loggers() : "") \
		"tell() {\n" \
		"\ttimeout 1 echo \"jk-service: " stage ": $*\"\n" \
		"}\n" \
		"slow() {\n" \
		"\tseconds=1\n" \
		"\t[ -z \"$(find slow -mmin -2 2>/dev/null)\" ] || seconds=$(($(cat slow) * 2))\n" \
		"\t[ \"$seconds\" -le 30 ] || seconds=30\n" \
		"\techo \"$seconds\" >slow\n" \
		"\ttell \"$1: starts again in $seconds s\"\n" \
		"}\n" \
		"# Intended: the tree stops, reload restarts it, or s6 does not want it up any more.  If not, something\n" \
		"# else ended it.\n" \
		"intended() {\n" \
		"\t[ -e ../.s6-svscan/stopping ] || [ -n \"$(find told -mmin -1 2>/dev/null)\" ] ||\n" \
		"\t\t[ \"$(s6-svstat -o wantedup . 2>/dev/null)\" != true ]\n" \
		"}\n" \
		"ended() {\n" \
		"\trm -f slow\n" \
		"\t# Looks twice, as s6-supervise may not have written its new state yet.\n" \
		"\t{\n" \
		"\t\tintended || { sleep 1 && intended; } ||\n" \
		"\t\t\ttell \"$1 without being told to by jk-service: starts again\"\n" \
		"\t} &\n" \
		"}\n" \
		"case $1:$2 in\n" \
		"0:*) ended 'exit 0' ;;\n" \
		"100:*)\n" \
		"\trm -f slow\n" \
		"\ttell 'exit 100, a fault of the configuration: stays down until jk-service reload'\n" \
		"\texit 125\n" \
		"\t;;\n" \
		"256:[467] | 256:8 | 256:11) slow \"ended by signal $2\" ;;\n" \
		"256:2 | 256:15) ended \"ended by signal $2\" ;;\n" \
		"256:*) # nothing else may delay the next start\n" \
		"\t[ ! -e slow ] || rm -f slow\n" \
		"\ttell \"ended by signal $2: starts again\" &\n" \
		"\t;;\n" \
		"*) slow \"exit $1\" ;;\n" \
		"esac\n" \
		"exit 0\n"
}

# Ten files of a tenth each; with `stdout' the lines also go to stdout of s6-svscan.  Where the directory
# cannot be used, they go to its stderr.
function log_of(stage,   size, path) {
	size = int(log_keep / 10)
	if (size < 4096)
		size = 4096
	if (size > 268435455)
		size = 268435455
	path = log_dir "/" stage
	return "#!/bin/sh\n# Made by jk-service from the configuration.\n" \
		"mkdir -p " word(path) " 2>/dev/null && [ -w " word(path) " ] &&\n" \
		"\texec " tied() word(path_of["s6-log"]) log_stdout " T n9 s" size " " word(path) "\n" \
		"echo 'jk-service: " stage ": the log " path " cannot be written: its lines" \
		" come here' >&2\n" \
		"while IFS= read -r line; do\n" \
		"\techo \"" stage ": $line\" >&2\n" \
		"done\n"
}

function service(stage, text, kill_ms) {
	put(stage, "run.sh", text)
	put(stage, "finish.sh", finish_of(stage))
	put(stage, "log/run.sh", log_of(stage))
	put(stage, "timeout-kill", kill_ms "\n")
}

# The seconds that a jk-mqtt waits at its end for the broker.
function end_ms(   i) {
	for (i = 6; i < NF; i++)
		if ($i == "-w" || $i == "--wait")
			return $(i + 1) * 1000
	return 2000
}

$1 == "program" { path_of[$2] = $3 }
# A stage whose file has changed is another one, which reload starts.
$1 == "stamp" { stamps[$2] = stamps[$2] "# " $3 ": " $4 "\n" }
$1 == "set" && $2 == "log-keep" && $3 > 0 { log_keep = $3 }
$1 == "set" && $2 == "log-stdout" && $3 == "yes" { log_stdout = " 1" }
$1 == "stage" {
	stages[++n_stages] = $2
	if (base($5) == "jk-capture")
		captures = captures " " $2
	else
		others = others " " $2
	note_fifo($3)
	note_fifo($4)
	if (end_ms() > wait_ms)
		wait_ms = end_ms()
	service($2, run_of(), int(end_ms() + 3000))
	if (base($5) in tells_ready)
		put($2, "notification-fd", "3\n")
}

# Has all FIFOs open for both directions: a stage that is away is neither the end of the input of the next nor
# an error for the one before, and what is in a FIFO survives.
function hold_of(   i, text) {
	text = "# Made by jk-service from the configuration.\n" "fdmove -c 2 1\n"
	for (i = 1; i <= n_fifos; i++)
		text = text "redirfd -u " i + 3 " " execline_word(fifo(fifos[i])) "\n"
	return text "foreground { fdmove 1 3 echo }\n" "fdclose 3\n" tied() "sleep infinity\n"
}

# From the source to the sink: when the captures and hold are gone, the end of the input runs through all
# stages, and each writes what it has.  What does not end by it gets SIGTERM, and then SIGKILL.
function stop_script(   text) {
	text = "#!/bin/sh\n" \
		"# Made by jk-service from the configuration: stops the tree.\n" \
		"mkdir .s6-svscan/stopping 2>/dev/null || exit 0 # it is stopping already\n" \
		"captures='" substr(captures, 2) "'\n" \
		"others='" substr(others, 2) "'\n" \
		"for stage in $captures $others; do\n" \
		"\tif [ -e \"$stage/slow\" ]; then\n" \
		"\t\ts6-svc -cd \"$stage\"\n" \
		"\telse\n" \
		"\t\ts6-svc -cO \"$stage\"\n" \
		"\tfi\n" \
		"done\n" \
		"for stage in $captures; do\n" \
		"\ts6-svc -d \"$stage\"\n" \
		"done\n" \
		"[ -z \"$captures\" ] || s6-svwait -t 4000 -a -D $captures\n" \
		"s6-svc -d hold\n" \
		"s6-svwait -t " int(wait_ms + 2000) " -a -D $others\n" \
		"s6-svscanctl -t .\n" \
		"# A logger whose disk is full would wait for room.\n" \
		"s6-svwait -t " int(wait_ms + 5000) " -a -D hold $captures $others &&\n" \
		"\ts6-svwait -t 2000 -a -D $(printf '%s/log ' hold $captures $others) && exit\n" \
		"for stage in hold $captures $others; do\n" \
		"\ts6-svc -xk \"$stage/log\"\n" \
		"done\n"
	return text
}

END {
	# A shell may know descriptors of one digit only.
	put("hold", "execline", hold_of())
	service("hold", "exec " word(path_of["execlineb"]) " -P ./execline\n", 3000)
	put("hold", "notification-fd", "3\n")
	put(".s6-svscan", "SIGTERM.sh", stop_script())
	put(".s6-svscan", "SIGINT.sh", stop_script())
}
