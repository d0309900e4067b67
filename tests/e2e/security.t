#!/bin/sh
# What SECURITY.md says and no other test shows: its tests are there, a program that reads what others send
# has no means to execute anything, and no script takes a text of a recording, a map or a record for a
# command.
. tests/e2e/lib.sh

grep -oE '`[a-z0-9]+/[a-z0-9_.-]*`' SECURITY.md | tr -d '`' | grep -E '^(unit|e2e|fuzz|systemd|packages)/' |
	sort -u >"$dir/named"
ok "SECURITY.md names tests" test "$(wc -l <"$dir/named")" -ge 20
while read -r file; do
	ok "there is tests/$file" test -e "tests/$file"
done <"$dir/named"

# jk-notify runs the program that its user has configured; what an alarm says is in variables of that program.
# jk-format runs curl; records are on its stdin, and no argument is made of one.
executes() { # PROGRAM: functions of libc that execute something
	readelf --dyn-syms -W "$build/$1" |
		grep -oE ' (system|popen|wordexp|exec[a-z]+|posix_spawnp?|dlopen)(@|$)'
}
if command -v readelf >/dev/null; then
	ok "jk-notify can execute a program" test -n "$(executes jk-notify)"
	ok "jk-format starts curl alone" equals "$(grep -c 'posix_spawnp\?(' jk-format/*.c | grep -v ':0$') \
$(grep -hoE 'argv\[\] = \{"[a-z]+"' jk-format/*.c)" 'jk-format/sender.c:1 argv[] = {"curl"'
	for file in jk-*/main.c; do
		program=${file%/main.c}
		case $program in jk-notify | jk-format) continue ;; esac
		ok "$program cannot" equals "$(executes "$program")" ""
	done
	# linked LIBRARY: the programs that have it
	linked() {
		for file in jk-*/main.c; do
			readelf -d "$build/${file%/main.c}" | grep -q "NEEDED.*$1" && echo "${file%/main.c}"
		done
	}
	ok "only jk-mqtt speaks to brokers" equals "$(linked libmosquitto)" jk-mqtt
	ok "only jk-capture has serial lines" equals "$(linked libserialport)" jk-capture
else
	skip "who can execute a program" "there is no readelf (package binutils)"
fi

# Each of these, as a command, would make a file.
made=$dir/x
text="\$(>$made)\`>$made\`;>$made"
other="'; system(\">$made\"); \"|>$made"
quoted=$(printf %s "$other" | sed 's/["\\]/\\&/g')
echo "1 north \"$text\" area \"$quoted\"" >"$dir/map"
jk-sim -o "$dir/raw" --duration 120 1:16 >/dev/null
jk-capture -n bus - <"$dir/raw" >"$dir/frames"
jk-decode -m "$dir/map" "$dir/frames" >"$dir/records"
ok "such a label is in the records" grep -qF ">$made" "$dir/records"
jk-alarm <"$dir/records" >"$dir/alarms"
jk-table <"$dir/alarms" >"$dir/table"
ok "jk-table shows it" grep -qF "\$(>" "$dir/table"
jk-history -f "$dir/history.db" <"$dir/records"
ok "the history has it" sh -c "jk-query -f '$dir/history.db' packs | grep -qF '>$made'"
if command -v gnuplot >/dev/null; then
	for kind in day week cells alarms drift; do
		jk-plot -f "$dir/history.db" -o "$dir/$kind.svg" "$kind" >"$dir/plotted" 2>&1
	done
fi
escaped=$(printf %s "$text$other" | sed 's/[&/\\]/\\&/g')
sed "s/^\([^ ]* \)[^ ]*/\1$escaped/" "$dir/frames" >"$dir/odd frames"
jk-decode "$dir/odd frames" >"$dir/odd records" 2>&1
jk-redact "$dir/odd frames" >"$dir/odd" 2>&1
jk-table <"$dir/odd records" >"$dir/table" 2>&1
printf '%s\n' "$text$other" | jk-table >"$dir/table" 2>&1
printf 'bus %s tcp:h:1\n%s\n' "$text" "$other" >"$dir/jk.conf"
jk-service -f "$dir/jk.conf" check >"$dir/checked" 2>&1
ok "jk-service reports it" grep -q 'jk.conf:1:' "$dir/checked"
ok "nothing was executed" test ! -e "$made"
sh -c "echo \"$text\"" >"$dir/out" 2>&1
ok "a shell would have" test -e "$made"
done_testing
