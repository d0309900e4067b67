#!/bin/sh
# jk-service run under the s6 of the system: one command starts all of it, in any order, and each way to stop
# it ends in offline and leaves no process.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

sim 1:16 2:16
plain_broker
recorder "$dir/seen"
one_bus

tree
ok "run: the stream flows" flows
for stage in hold capture-shed decode alarm mqtt; do
	ok "$stage is up" test "$(pid_of $stage)" -gt 0
done
for stage in hold capture-shed decode alarm mqtt; do
	ok "$stage is ready" waits is_ready $stage
done
ok "the name of a pack is that of the configuration" grep -q '^jk/north/live ' "$dir/seen"
ok "its process is s6-svscan" equals "$(cat "/proc/$tree/comm")" s6-svscan
ok "each stage has its log" test -d "$dir/state/log/decode"
run jk-service -f "$conf" log capture-shed
ok "log STAGE" grep -q '^20..-..-.. .* jk-capture: shed: polling' "$dir/out"
run jk-service -f "$conf" log
ok "log names the stage" grep -q '^20..-..-.. [^ ]* mqtt: jk-mqtt: .*: connected' "$dir/out"
run jk-service -f "$conf" log nobody
ok "a stage that is none" equals "$status $(cat "$dir/err")" \
	"100 jk-service: log: there is no stage nobody; expected hold capture-shed decode alarm mqtt"

# A second one.
before=$(pids)
run jk-service -f "$conf" run
ok "a second run is refused, and says what runs" \
	grep -q "^jk-service: $scan: the tree runs already, under s6-svscan with process $tree;" "$dir/err"
ok "its exit status" equals $status 111
ok "the first goes on" equals "$(pids)" "$before"
ok "the stream flows" flows

# ends_offline NAME: the last word is offline, and no process is left.
ends_offline() {
	ok "$1: no process is left" waits nothing_left
	ok "$1: offline is the last" \
		waits sh -c "grep -a '^jk/status ' '$dir/seen' | tail -n 1 | grep -q offline"
	cat "$dir"/state/log/*/current >"$dir/logs"
	ok "$1: nothing is killed" lacks 'ended by signal' "$dir/logs"
}
end_tree TERM
ends_offline SIGTERM
afresh
tree
ok "started again" flows
end_tree INT
ends_offline SIGINT
afresh
tree
ok "started again" flows
s6-svscanctl -t "$scan"
wait "$tree"
ends_offline "s6-svscanctl -t"
ok "the log of s6 has no complaint" equals "$(cat "$dir/tree.err")" ""

# As in a container: the messages are on stdout, too.
afresh
history=$dir/state/history.db
one_bus "log $dir/state/log stdout"
history=
: >"$dir/tree.err"
JK_TREE=$dir jk-service -f "$conf" run >"$dir/shown" 2>"$dir/tree.err" 9>&- &
tree=$!
children="$children $tree"
ok "log DIR stdout: messages of a stage are on stdout" waits grep -q '^jk-capture: shed: polling' "$dir/shown"
ok "and of another" waits grep -q '^jk-mqtt: .*: connected' "$dir/shown"
ok "and in its log, with the time" log_has capture-shed '^20..-..-.. .* jk-capture: shed: polling'
ok "the history is being kept" waits test -s "$dir/state/history.db"
ok "both packs are heard" waits grep -q '^jk/bms_2/live ' "$dir/seen"
end_tree TERM
ends_offline "stdout"
ok "the history has what came until then" equals \
	"$(jk-query -f "$dir/state/history.db" packs -o csv | cut -d, -f 1-4 | tail -n +2 | tr '\n' ' ')" \
	'north,"North 1",shed,1 bms_2,,shed,2 '
one_bus

# What is heard before SIGTERM is published before offline: the last frame of the bus is the last state.
afresh
tree
ok "started again" flows
command kill -STOP "$(pid_of alarm)"
ok "a stage that is stopped is no obstacle" end_tree TERM
ends_offline "stopped within"

# Any order: each stage is held back, and then started as the last.
order() {
	name=$*
	for stage in capture-shed decode alarm mqtt hold; do
		touch "$scan/$stage/down"
	done
	tree
	for stage; do
		waits s6-svok "$scan/$stage"
		s6-svc -u "$scan/$stage"
		waits is_up "$stage"
	done
	ok "started in the order $name" flows
	rm "$scan"/*/down
	end_tree
}
afresh
order mqtt alarm decode capture-shed hold
order hold capture-shed decode alarm mqtt
order decode mqtt hold capture-shed alarm
ok "no process is left" waits nothing_left

# An s6-svscan that was killed leaves its stages behind.
afresh
tree
ok "started again" flows
old=$(pid_of capture-shed)
kill -KILL "$tree"
wait "$tree" 2>/dev/null
ok "stages remain" test -n "$(left)"
tree
ok "they are reported" tree_reports "stages of an s6-svscan that was killed are still running; they are ended"
ok "and ended" waits gone "$old"
ok "the stream flows" flows
ok "there is one of each" equals "$(left_of jk-capture)" 1
end_tree
ok "no process is left" waits nothing_left

# compile
tree
flows
touch "$dir/mark"
run jk-service -f "$conf" compile "$scan"
ok "compile again: no file changes" \
	equals "$status$(find "$scan" -name supervise -prune -o -newer "$dir/mark" -type f -print)" 0
ok "in another folder" jk-service -f "$conf" compile "$dir/other"
ok "there is a service for each stage" equals "$(cd "$dir/other" && echo */)" \
	"alarm/ capture-shed/ decode/ hold/ mqtt/"
end_tree

# As Debian mounts /run
# shellcheck disable=SC2016 # of the inner shell
in_noexec='mount -t tmpfs -o noexec none "$1/noexec" && exec jk-service -f "$1/noexec.conf" run'
mkdir "$dir/noexec"
if unshare -m true 2>/dev/null && command -v nsenter >/dev/null; then
	sed "s|^run .*|run $dir/noexec/run|" "$conf" >"$dir/noexec.conf"
	afresh
	JK_TREE=$dir unshare -m sh -c "$in_noexec" - "$dir" 2>"$dir/tree.err" 9>&- &
	tree=$!
	children="$children $tree"
	ok "nothing can be executed in RUN: the stream flows" flows
	within() {
		nsenter -t "$tree" -m "$@"
	}
	run within sh -c 'printf "#!/bin/sh\n" >"$1" && chmod 755 "$1" && "$1"' - "$dir/noexec/probe"
	ok "so it is" equals "$status" 126
	run within jk-service -f "$dir/noexec.conf" reload
	ok "reload leaves all as it is" equals "$status$(cat "$dir/out")" "0nothing has changed"
	sed -i 's/interval 0.5/interval 0.6/' "$dir/noexec.conf"
	run within jk-service -f "$dir/noexec.conf" reload
	ok "reload restarts what changed" \
		equals "$status$(cat "$dir/out" "$dir/err")" "0changed: capture-shed"
	afresh
	ok "the stream flows" flows
	end_tree
	ends_offline "nothing can be executed in RUN"
else
	skip "nothing can be executed in RUN" "mounting needs root"
fi
stop_broker

# A path may have a space, a quote and a backslash, which the shells and awks of the tree might take for more.
odd="$dir/a\\b \"c"
mkdir "$odd"
{
	printf 'run "%s"\n' "$dir/a\\\\b \\\"c/run"
	grep -v '^run ' "$conf"
} >"$dir/odd.conf"
plain=$conf conf=$dir/odd.conf scan=$odd/run/service
tree
for stage in hold capture-shed decode alarm mqtt; do
	ok "a path with a backslash, a blank and a quote: $stage is ready" waits is_ready $stage
done
ok "the map is there" grep -q north "$odd/run/map"
run jk-service -f "$conf" reload
ok "reload" equals "$status$(cat "$dir/out" "$dir/err")" "0nothing has changed"
end_tree
ok "no process is left" waits nothing_left
conf=$plain
run jk-service -f "$dir/a\\cb" check
ok "a message names the path as it is" equals "$(cut -d';' -f1 "$dir/err")" \
	"jk-service: $dir/a\\cb: there is no such file"

# What all stages start with
cp -r scripts "$dir/copy"
chmod 644 "$dir/copy/service-start.sh"
run "$dir/copy/jk-service" -f "$conf" run
ok "without its mode a script of the installation is named" equals "$status$(cat "$dir/err")" \
	"111jk-service: $dir/copy/service-start.sh: cannot be executed; it needs the mode 755, and a file \
system that is not mounted noexec"

# The unit for systemd.
sed "s|/usr/local/bin|$PWD/scripts|" share/systemd/jk.service >"$dir/jk.service"
if command -v systemd-analyze >/dev/null; then
	ok "systemd understands the unit" systemd-analyze verify --man=no "$dir/jk.service"
	ok "and has no remark" test ! -s "$dir/ok.out"
	systemd-analyze security --no-pager --offline=true "$dir/jk.service" >"$dir/exposure" 2>&1
	ok "and finds it exposed by less than 3 of 10" \
		awk '/Overall exposure/ { found = $(NF - 2) } END { exit !(found > 0 && found < 3) }' \
		"$dir/exposure"
else
	skip "systemd understands the unit, and its sandbox" "there is no systemd-analyze"
fi
done_testing
