#!/bin/sh
# What jk-service check reports of the files, directories and devices that a jk.conf(5) names.  As an ordinary
# user, since root may read and write everything.
. tests/e2e/lib.sh

chmod 755 "$dir"
mkdir "$dir/bin" "$dir/mine" "$dir/ours"
for program in jk-notify s6-log zstd; do
	ln -s /bin/true "$dir/bin/$program"
done
PATH=$PATH:$dir/bin
conf=$dir/jk.conf
me=$(id -un)
as_user() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
	me=nobody
	as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
	chown 65534 "$dir/mine"
fi

# check: of the lines on stdin.
check() {
	{ cat && printf 'run %s/mine/run\nstate %s/mine/state\nbroker jk-test\n' "$dir" "$dir"; } >"$conf"
	status=0
	as_user jk-service -f "$conf" check >"$dir/out" 2>"$dir/err" || status=$?
}
# says STATUS MESSAGES: without the program and the file.
says() {
	equals "$status $(sed "s|^jk-service: $conf:||; s|$dir|DIR|g" "$dir/err")" "$1 $2"
}
bus='bus a tcp:h:1 poll 1'

# ---- notes ----

check <<END
bus a tcp:h:1 poll 1-
pack a:2 south
broker h
END
ok "of a list of addresses with a fault nothing else is noted" says 100 "1:20: poll 1-: not numbers and \
ranges of addresses; expected addresses from 1 to 15, such as 1-4,7"

# ---- passwords ----

password=$dir/mine/password
with_password() {
	check <<END
$bus
broker h user u password-file $password
END
}
wrong_password() { says 100 "2:31: password-file DIR/mine/password: $1"; }
with_password
ok "no password" wrong_password 'there is no such file; expected the password in its first line'
echo Secret1 >"$password"
chmod 644 "$password"
with_password
ok "that everybody may read" wrong_password 'everybody may read or change it; expected mode 0600 or 0640'
chmod 602 "$password"
with_password
ok "or change" wrong_password 'everybody may read or change it; expected mode 0600 or 0640'
chmod 640 "$password"
[ "$me" != nobody ] || chown 0:0 "$password"
with_password
if [ "$me" = nobody ]; then
	ok "of another user" wrong_password "user nobody may not read it, it is of user root and group root;\
 expected a file that may be read"
	chown 65534 "$password"
fi
chmod 640 "$password"
with_password
ok "that its group may read" says 0 ''
printf '\nSecret1\n' >"$password"
with_password
ok "an empty first line" wrong_password 'its first line is empty; expected the password'
printf '\r\n' >"$password"
with_password
ok "a first line of CR" wrong_password 'its first line is empty; expected the password'
: >"$password"
with_password
ok "an empty file" wrong_password 'its first line is empty; expected the password'
printf 'a\0b\n' >"$password"
with_password
ok "a NUL" wrong_password 'no password is in its first line; expected 1 to 1024 bytes'
printf '%01025d\n' 0 >"$password"
with_password
ok "1025 bytes" wrong_password 'no password is in its first line; expected 1 to 1024 bytes'
printf '%01024d' 0 >"$password"
with_password
ok "1024 bytes, and no newline" says 0 ''
rm "$password"
mkdir "$password"
with_password
ok "a directory" wrong_password 'this is a directory; expected a file'
rmdir "$password"
ln -s /nonexistent/password "$password"
with_password
ok "a link to nothing" wrong_password 'there is no such file; expected the password in its first line'
rm "$password"

# ---- other files ----

echo '-----BEGIN CERTIFICATE-----' >"$dir/pem"
check <<END
$bus
broker h cafile $dir/pem cert $conf key /nonexistent/key
END
ok "certificates" says 100 "2:$((27 + ${#dir})): cert DIR/jk.conf: no certificate or key is in it; expected\
 PEM
2:$((40 + ${#dir} + ${#dir})): key /nonexistent/key: there is no such file; expected one"
printf 'soc < 15 warning\n' >"$dir/rules"
printf 'allow 1\n' >"$dir/allow"
check <<END
$bus
rules $dir/rules
commands yes allow $dir/allow
END
ok "rules are those that jk-alarm and jk-write take" says 100 "2:7: rules DIR/rules: DIR/rules:1:1: no such\
 key: soc (near: state_of_charge, soc_low, re_bulk_soc)
3:20: allow DIR/allow: DIR/allow:1: 'allow 1': no key"
jk-alarm --default-rules >"$dir/rules"
echo 'deny 1 *' >"$dir/allow"
check <<END
$bus
rules $dir/rules
commands yes allow $dir/allow
END
ok "and right ones are" says 0 ''
chmod 600 "$dir/rules"
[ "$me" != nobody ] || {
	check <<END
$bus
rules $dir/rules
END
	ok "that may not be read" says 100 "2:7: rules DIR/rules: user nobody may not read it, it is of user\
 root and group root; expected a file that may be read"
}
printf '#!/bin/sh\n' >"$dir/tell-me"
check <<END
$bus
notify $dir/tell-me
END
ok "a program that is none" says 100 "2:8: notify DIR/tell-me: user $me may not run it; expected a program"
chmod 757 "$dir/tell-me"
check <<END
$bus
notify $dir/tell-me
END
ok "that everybody may change" says 100 "2:8: notify DIR/tell-me: everybody may change it; expected mode 0755"
chmod 755 "$dir/tell-me"
check <<END
$bus
notify $dir/tell-me
END
ok "that may be run" says 0 ''
check <<END
$bus
history $dir/mine/history.db recent $dir/mine/recent
END
ok "what a control panel draws, into a directory that jk-history makes" says 0 ''
mkfifo "$dir/mine/fifo"
chmod 666 "$dir/mine/fifo"
check <<END
bus a file:/nonexistent/log
copy frames $dir/mine/fifo
copy records $dir/mine/new.json
copy records $dir
copy records /nonexistent/x
END
ok "copies, and a recording" says 100 \
	"1:7: recording /nonexistent/log: there is no such file; expected one
4:14: copy DIR: this is a directory; expected a FIFO or a file
5:14: copy /nonexistent/x: there is no directory /nonexistent/; expected a FIFO or a file"
# A start without the copies that would end jk-tee.
mkdir "$dir/service"
cp scripts/jk-service scripts/conf*.awk scripts/conf-check.sh "$dir/service"
printf 'read_conf\ncheck_conf lenient\nplan\n' >"$dir/service/service-run.sh"
as_user "$dir/service/jk-service" -f "$conf" run >"$dir/out" 2>"$dir/err"
ok "a start leaves out what cannot be written" equals \
	"$(sed -n "s|$dir|DIR|g; s/^stage	\(tee-[a-z]*\)	.*jk-tee	/\1 /p" "$dir/out")" \
	"tee-frames DIR/mine/fifo
tee-records DIR/mine/run/fifo/mqtt.in	DIR/mine/run/fifo/history.in	DIR/mine/new.json"
ok "and reports it" grep -q "copy $dir: this is a directory" "$dir/err"

# ---- directories ----

with_state() { # LINES
	{ echo "$bus" && cat; } >"$conf"
	status=0
	as_user jk-service -f "$conf" check >"$dir/out" 2>"$dir/err" || status=$?
}
with_state <<END
broker h
run $dir/mine/run
state $dir/pem
log $dir/mine
record $dir/mine/new keep 1G
END
ok "a file in the place of a directory" says 100 \
	"4:7: state DIR/pem: DIR/pem is not a directory; expected one"
mkdir "$dir/mine/open"
chmod 777 "$dir/mine/open"
with_state <<END
broker h
run $dir/mine/run
state $dir/mine/open
END
[ "$me" != nobody ] || chown 65534 "$dir/mine/open"
ok "everybody may write" says 100 "4:7: state DIR/mine/open: everybody may write in it; expected mode 0750"
if [ "$me" = nobody ]; then
	with_state <<END
broker h
run $dir/ours/run
state $dir/ours
END
	who='expected a directory of the user that runs the service'
	ok "of another user" says 100 " log DIR/ours/log: user nobody may not make it in DIR/ours; $who
3:5: run DIR/ours/run: user nobody may not make it in DIR/ours; $who
4:7: state DIR/ours: user nobody may not write in it; $who"
else
	skip "of another user" "this needs root"
fi

# ---- devices ----

check <<END
bus a /dev/ttyJK7 poll 1
bus b serial:/dev/null
bus c /dev/zero
bus d $conf
bus e can:nocan0
bus f can:lo
END
ln -s /dev/null "$dir/mine/link"
ok "devices" says 100 "1:7: note: /dev/ttyJK7 is not there yet: jk-capture waits for it
4:7: DIR/jk.conf: this is no serial line; expected a device
5:7: note: the interface nocan0 is not there yet: jk-capture waits for it
6:7: can:lo: lo is no CAN interface; expected one"
check <<END
bus a /dev/null
bus b serial:$dir/mine/link,9600
END
ok "two links to one device" says 100 \
	"2:7: DIR/mine/link: the bus a has this device already; expected another one"

# ---- the file itself, and what is not installed ----

chmod 646 "$conf"
check <<END
$bus
END
ok "everybody may change the configuration" grep -qx \
	"jk-service: $conf: everybody may change it; expected mode 0644" "$dir/err"
chmod 644 "$conf"
rm "$dir/bin/jk-notify"
if ! command -v jk-notify >/dev/null; then
	check <<END
$bus
notify $dir/tell-me
END
	ok "a program is missing" says 100 "2:1: the program jk-notify is missing; expected it in PATH"
fi
run jk-service -f "$dir/pem/x" check
ok "no configuration" equals "$status $(cat "$dir/err")" "100 jk-service: $dir/pem/x: there is no such file;\
 jk-find --conf prints the lines for a first one"
if [ "$me" = nobody ]; then
	chmod 600 "$conf"
	as_user jk-service -f "$conf" check >"$dir/out" 2>"$dir/err"
	ok "one that may not be read" equals "$? $(cat "$dir/err")" \
		"100 jk-service: $conf: you may not read it: it is of user root and group root"
fi
done_testing
