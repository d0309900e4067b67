#!/bin/sh
# SIGTERM and SIGINT: every filter takes what is in its stdin, writes it, and ends with 0, also where the
# stdin is a FIFO that another process holds open, so that it never ends.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# A thousand lines of each kind, and as many transitions as a broker surely acknowledges within 2 s.
seq 1000 9999 | head -n 1000 | awk '{ printf "(1763856000.%06d) bus !mark %d\n", NR, $1 }' >"$dir/lines"
jk-decode "$dir/lines" >"$dir/records"
jk-alarm "$dir/records" 2>"$dir/err" >"$dir/alarmed"
transitions() {
	n=0
	while [ $((n += 1)) -le 100 ]; do
		transition 1 $n
	done
}
transitions >"$dir/transitions"

# Descriptor 9 holds the feed open, for both directions; it has room for all of it (F_SETPIPE_SZ).
feed
perl -e 'fcntl STDIN, 1031, 1 << 20 or die $!' <&9

# stopped: the process is stopped, all of its threads.
stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}
# drained SIGNAL INPUT COMMAND...: the filter gets this input and the signal while it is stopped, and then
# goes on: what it has read before is not the question here.  Its output is in $dir/out.
drained() {
	signal=$1
	input=$2
	shift 2
	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	"$@" -d 5 5>"$dir/ready" <"$dir/feed" >"$dir/out" 2>"$dir/err" 9>&- &
	filter=$!
	children="$children $filter"
	read -r _ <"$dir/ready"
	kill -STOP $filter
	wait_for stopped $filter
	cat "$input" >&9
	kill "-$signal" $filter
	kill -CONT $filter
	wait $filter
}

for signal in TERM INT; do
	ok "jk-write, SIG$signal: ends with 0" drained $signal "$dir/lines" jk-write -n -c "$dir/cmd"
	ok "and has passed on every line" cmp "$dir/lines" "$dir/out"
	ok "jk-decode, SIG$signal: ends with 0" drained $signal "$dir/lines" jk-decode
	ok "and has decoded every line" cmp "$dir/records" "$dir/out"
	ok "jk-alarm, SIG$signal: ends with 0" drained $signal "$dir/records" jk-alarm
	ok "and has passed on every record" cmp "$dir/alarmed" "$dir/out"
	mkfifo "$dir/branch"
	cat "$dir/branch" >"$dir/copy" 9>&- &
	reader=$!
	ok "jk-tee, SIG$signal: ends with 0" drained $signal "$dir/lines" jk-tee "$dir/file" "$dir/branch"
	wait $reader
	ok "and has copied every line" cmp "$dir/lines" "$dir/out"
	ok "also to a file" cmp "$dir/lines" "$dir/file"
	ok "and to a FIFO" cmp "$dir/lines" "$dir/copy"
	rm "$dir/file" "$dir/branch"
done

broker "listener PORT ADDRESS" "allow_anonymous true" "max_queued_messages 0"
recorder "$dir/seen"
ok "jk-mqtt: ends with 0" drained TERM "$dir/transitions" jk-mqtt "$broker_name:$broker_port"
seen '^jk/status 1 . offline'
ok "and has published every transition" \
	equals "$(grep -ac '^jk/bms_1/alarm ' "$dir/seen")" 100
# The state online may come between them: states and transitions wait in two queues.
ok "the last before offline" awk '/^jk\/status .* offline$/ { offline = 1 }
	/^jk\/bms_1\/alarm / { late = late || offline; last = $0 }
	END { exit late || last !~ /"number":100/ }' "$dir/seen"

# The rest of a line of which the begin was read, from a writer that is slow.
mkfifo "$dir/ready2"
jk-decode -d 5 5>"$dir/ready2" <"$dir/feed" >"$dir/out" 2>"$dir/err" 9>&- &
filter=$!
children="$children $filter"
read -r _ <"$dir/ready2"
printf '(1763856000.000001) bus !mark be' >&9
all_read
kill -TERM $filter
printf 'gun\n' >&9
ok "a line that is begun" wait $filter
ok "is awaited" grep -q '"words":"begun"' "$dir/out"

# A source that never pauses: the filter ends all the same, after 2 s.  A file is not read to its end.
mkfifo "$dir/endless"
exec 8<>"$dir/endless"
yes '(1763856000.000001) bus !mark again' >"$dir/endless" 9>&- 8>&- &
children="$children $!"
ended="$ended $!"
for filter in jk-decode jk-tee "jk-write -n -c $dir/cmd"; do
	# shellcheck disable=SC2086 # a command and its options
	$filter <"$dir/endless" >/dev/null 2>"$dir/err" 9>&- 8>&- &
	filter_pid=$!
	children="$children $filter_pid"
	wait_for sh -c "[ \$(sed -n 's/^rchar: //p' /proc/$filter_pid/io) -gt 1000000 ]"
	kill -TERM $filter_pid
	wait $filter_pid
	ok "$filter: a source that never pauses is left" equals $? 0
done
done_testing
