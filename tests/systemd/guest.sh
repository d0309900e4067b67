#!/bin/sh
# The tests in the virtual machine of tests/systemd/run, once for each boot; results go to the console.
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec >/dev/console 2>&1 </dev/null
boots=$(($(cat /var/jk-boots 2>/dev/null || echo 0) + 1))
echo $boots >/var/jk-boots
sync
password=$(cat /etc/jk/password)

failed=no # of the first failure of a boot the logs are shown
tell() { printf '\nJK %s\n' "$*"; }
ok() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >/tmp/ok 2>&1; then
		tell "ok boot $boots: $name"
	else
		tell "not ok boot $boots: $name"
		[ $failed = yes ] || {
			journalctl -u jk -b --no-pager | tail -n 20
			jk-service status
			jk-service log | tail -n 30
		} >>/tmp/ok 2>&1
		failed=yes
		head -n 60 /tmp/ok | cut -c1-300 | while read -r line; do tell "# $line"; done
	fi
}
patience=300 # s; this machine is emulated, and the one that emulates it may have other work
waits() { # COMMAND...
	until_then=$(($(date +%s) + patience))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $until_then ] || {
			echo "waited for: $*"
			"$@"
			return 1
		}
		sleep .2
	done
}
# none PATTERN FILE: the file has something, and no line of it matches
none() {
	test -s "$2" || return 1
	grep -i -E -e "$1" "$2"
	[ $? -eq 1 ]
}
# live PACK: a live state comes that is not a retained one.
live() {
	timeout $patience mosquitto_sub -u pack -P "$password" -R -C 1 -t "jk/$1/live" | grep -q '"time"'
}
flows() {
	live north && live bms_2
}
retained() { # TOPIC
	timeout 60 mosquitto_sub -u pack -P "$password" -C 1 -t "$1"
}
is_retained() { # TOPIC TEXT
	[ "$(retained "$1")" = "$2" ]
}
processes() {
	cat /sys/fs/cgroup/system.slice/jk.service/cgroup.procs 2>/dev/null
}
nobody_left() {
	[ -z "$(processes)" ] && [ -z "$(pgrep -u jk)" ]
}
stages_up() {
	jk-service status >/tmp/status && none '\bdown\b' /tmp/status
}
user_of_all() {
	for p in $(processes); do
		stat -c %U "/proc/$p" 2>/dev/null
	done | sort -u >/tmp/users
	cat /tmp/users
	[ "$(cat /tmp/users)" = jk ]
}
capabilities() {
	for p in $(processes); do
		grep -H '^Cap\(Eff\|Prm\|Bnd\|Amb\)' "/proc/$p/status" | grep -v '0000000000000000$'
	done >/tmp/caps
	cat /tmp/caps
	[ ! -s /tmp/caps ] && [ -n "$(processes)" ]
}
as_member() {
	runuser -u member -- "$@"
}
others_read_nothing() {
	for path in /etc/jk/jk.conf /etc/jk/password /var/lib/jk/frames /run/jk/status /run/jk/cmd; do
		if [ ! -e "$path" ] || runuser -u nobody -- test -r "$path"; then
			ls -ld "$path"
			return 1
		fi
	done
}
logs_clean() {
	journalctl -u jk -b --no-pager >/tmp/log &&
		cat /var/lib/jk/log/*/current >>/tmp/log &&
		none 'SIGSYS|permission denied|not permitted|bad system call|read-only|damaged' /tmp/log
}
frames_readable() {
	find /var/lib/jk/frames -type f | grep -q . || return 1
	find /var/lib/jk/frames -name '*.zst' -exec zstd -q -t {} + || return 1
	jk-replay -1h now shed | jk-decode | grep -c '"type":"live"' | grep -v '^0$'
}
main_process() {
	systemctl show -p MainPID --value jk
}
is_state() {
	[ "$(systemctl is-active jk)" = "$1" ]
}
exposure() {
	systemd-analyze security jk --no-pager | tail -n 1 | tee /tmp/exposure
	awk '{ found = $(NF - 2) } END { exit !(found > 0 && found < 3) }' /tmp/exposure
}

case $boots in
1)
	ok "the unit is active" waits is_state active
	ok "values of both packs come" flows
	ok "the packs are online" waits is_retained jk/north/availability online
	ok "all processes are those of the user jk" user_of_all
	ok "none has a capability" capabilities
	ok "systemd finds it exposed by less than 3" exposure
	ok "all stages are up" waits stages_up
	ok "a member of the group looks at the status" as_member jk-service status
	ok "and at the log" as_member jk-service log decode
	ok "and changes a setting" as_member jk-set shed:1 balance_trigger_voltage 0.006
	ok "others do not" sh -c "! runuser -u nobody -- jk-set shed:1 balance_trigger_voltage 0.007"
	ok "nor do they read the configuration, the password, recordings and states" others_read_nothing
	ok "health" waits jk-health
	ok "the recording grows" waits frames_readable
	ok "nothing was refused by the sandbox" logs_clean

	before=$(main_process)
	kill -KILL "$before"
	ok "s6-svscan killed: systemd begins the tree again" waits sh -c \
		"p=\$(systemctl show -p MainPID --value jk) && [ \$p -gt 0 ] && [ \$p != $before ]"
	ok "the values go on" flows
	ok "nobody of the first tree is left" sh -c \
		"[ \$(pgrep -c -x s6-svscan) = 1 ] && [ \$(pgrep -c -x jk-capture) = 1 ]"
	stage=$(pgrep -x jk-decode)
	kill -KILL "$stage"
	ok "jk-decode killed: the values go on" flows
	ok "systemd has not noticed" sh -c "[ \$(systemctl show -p NRestarts --value jk) = 1 ]"

	sed -i 's/^pack.*/pack shed:1 south "South"/' /etc/jk/jk.conf
	ok "reload with another name" systemctl reload jk
	ok "the new name comes" waits retained jk/south/live
	sed -i 's/^pack.*/pack shed:1 north "North 1"/' /etc/jk/jk.conf
	ok "and back" systemctl reload jk
	ok "the values go on" flows

	ok "stop" timeout 30 systemctl stop jk
	ok "it is inactive" is_state inactive
	ok "it ended in offline" is_retained jk/status offline
	ok "nobody is left" nobody_left
	cp /etc/jk/jk.conf /etc/jk/right
	echo 'bus shed' >>/etc/jk/jk.conf
	systemctl start jk
	ok "a faulty configuration: failed" waits is_state failed
	ok "with its line in the journal" sh -c "journalctl -u jk -b --no-pager | grep -q 'jk.conf:6:'"
	restarts=$(systemctl show -p NRestarts --value jk)
	sleep 5
	ok "and it is not tried again" sh -c "[ \$(systemctl show -p NRestarts --value jk) = $restarts ] &&
		[ \$(systemctl is-active jk) = failed ]"
	cp /etc/jk/right /etc/jk/jk.conf
	ok "with the right one it starts" systemctl start jk
	ok "the values go on" flows
	sync
	ok "before the power cut" flows
	tell over cut
	;;
2)
	ok "after the power cut the unit is active" waits is_state active
	ok "the values come by themselves" flows
	ok "all stages are up" waits stages_up
	ok "nothing is damaged" logs_clean
	ok "the recording of before can be read" frames_readable
	systemctl reboot
	;;
3)
	ok "after the restart the unit is active" waits is_state active
	ok "the values come by themselves" flows
	journalctl -u jk -b -1 --no-pager >/tmp/before
	ok "the tree of before was stopped in order" none 'timed out|SIGKILL|killing' /tmp/before
	ok "nothing is damaged" logs_clean
	tell over end
	;;
esac
