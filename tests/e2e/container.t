#!/bin/sh
# What a container starts: its variables become a jk.conf, a wrong one is reported in one line that names it,
# and each example of docs/container.md is what Docker and jk-service take.  Without a container: make
# check-container builds and runs one.
. tests/e2e/lib.sh

# The script with its folders in the test's, and a jk-service that does not run.
image=$PWD/share/container/image
mkdir -p "$dir/bin" "$dir/run"
here() {
	sed "s,/usr/share/jk,$image,g; s,/etc/jk,$dir/etc,g; s,/run/jk,$dir/run,g" "$1"
}
here "$image/container-start" >"$dir/start"
here "$image/options.sh" >"$dir/options.sh"
sed -i "s,$image/options.sh,$dir/options.sh," "$dir/start"
cat >"$dir/bin/jk-service" <<EOF
#!/bin/sh
[ "\$*" != run ] || exec cat "$dir/etc/jk.conf"
exec "$PWD/scripts/jk-service" "\$@"
EOF
chmod +x "$dir/bin/jk-service"
afresh() {
	rm -rf "${dir:?}/etc"
	mkdir "$dir/etc"
}
# No variable of the tests' own, such as JK_BUILD.
own=$(env | sed -n 's/^\([Jj][Kk]_[A-Za-z0-9_]*\)=.*/-u \1/p')
start() { # VARIABLE=VALUE...
	# shellcheck disable=SC2086 # words
	run env $own PATH="$dir/bin:$PATH" "$@" sh "$dir/start"
}
makes() { # LINE...: the configuration, but for its comment and the log
	equals "$(sed '1d; /^log /d' "$dir/out")" "$(printf '%s\n' "$@")" &&
		equals "$status $(cat "$dir/err")" "0 "
}

afresh
start JK_SOURCE=tcp:10.0.0.7:5000 JK_POLL=1-3 JK_BROKER=broker:1884 JK_USER=me
ok "variables" makes "bus bus1 tcp:10.0.0.7:5000 poll 1-3" "broker broker:1884 user me"
ok "messages are on stdout" grep -qx 'log /var/lib/jk/log stdout' "$dir/out"
start JK_SOURCE=can:can0
ok "a second start, with others" makes "bus bus1 can:can0"
start JK_SOURCE="serial:/dev/my line" JK_BROKER=b JK_USER='a "b" \ c'
ok "blanks and quotes" makes 'bus bus1 "serial:/dev/my line"' 'broker b user "a \"b\" \\ c"'
printf 'a secret\nmore\n' >"$dir/password"
start JK_SOURCE=can:can0 JK_BROKER=b JK_USER=me JK_PASSWORD_FILE="$dir/password"
ok "a password file" makes "bus bus1 can:can0" "broker b user me password-file $dir/run/password"
ok "a copy of its first line" equals "$(cat "$dir/run/password")" "a secret"
ok "which nobody else may read" equals "$(stat -c %a "$dir/run/password")" 600
rm "$dir/etc/jk.conf"
echo "bus a can:can0" >"$dir/etc/jk.conf"
start
ok "a mounted jk.conf" equals "$(cat "$dir/out")" "bus a can:can0"

# wrong WHAT PATTERN VARIABLE=VALUE...
wrong() {
	what=$1 pattern=$2
	shift 2
	afresh
	start "$@"
	lines="$(grep -cE "^jk-tools: $pattern" "$dir/err") of $(wc -l <"$dir/err")"
	ok "$what: one line that is clear" equals "$lines" "1 of 1"
	ok "$what: exit status 100, and nothing is started" equals "$status $(cat "$dir/out")" "100 "
}
bus=JK_SOURCE=tcp:h:1
wrong "nothing" "there is no configuration: mount a jk.conf at .*, or set JK_SOURCE$" A=1
wrong "no source" "JK_SOURCE: is missing" JK_BROKER=b
wrong "an empty source" "JK_SOURCE: is missing" JK_SOURCE= JK_BROKER=b
wrong "a source that is none" "JK_SOURCE: .*expected" JK_SOURCE=ttyUSB0
wrong "a source of two lines" "JK_SOURCE: has a control character" JK_SOURCE="tcp:h:1
commands yes"
wrong "a source with an option behind it" "JK_SOURCE: .*expected" JK_SOURCE="tcp:h:1 poll 1"
wrong "addresses" "JK_POLL: .*1 to 15" $bus JK_POLL=0-99
wrong "addresses with an option behind them" "JK_POLL: .*expected" $bus JK_POLL="1 interval 1"
wrong "polling on CAN" "JK_POLL: .*CAN" JK_SOURCE=can:can0 JK_POLL=1
wrong "a broker" "JK_BROKER: .*expected" $bus JK_BROKER=b:port
wrong "a user without a broker" "JK_BROKER: is missing" $bus JK_USER=me
wrong "a password without a user" "JK_PASSWORD_FILE: .*user" $bus JK_BROKER=b JK_PASSWORD_FILE="$dir/password"
wrong "no such password file" "JK_PASSWORD_FILE: /none: there is no such file$" $bus JK_BROKER=b JK_USER=me \
	JK_PASSWORD_FILE=/none
: >"$dir/empty"
wrong "an empty password" "JK_PASSWORD_FILE: .*: its first line is empty$" $bus JK_BROKER=b JK_USER=me \
	JK_PASSWORD_FILE="$dir/empty"
wrong "a misspelt variable" "JK_SORUCE: there is no such variable; expected one of JK_SOURCE JK_POLL " \
	JK_SORUCE=tcp:h:1
wrong "one beside others" "JK_POLLS: there is no such variable" $bus JK_POLLS=1-4
wrong "one in small letters" "jk_poll: there is no such variable" $bus jk_poll=1-4
wrong "an empty one" "JK_PASSWORD: there is no such variable" $bus JK_PASSWORD=
afresh
echo "bus a can:can0" >"$dir/etc/jk.conf"
start JK_SORUCE=tcp:h:1
ok "a mounted jk.conf, and a misspelt variable" grep -q '^jk-tools: JK_SORUCE: there is no such variable' \
	"$dir/err"
start JK_MQTT_USERNAME=me JK_MQTT_PASSWORD=x
ok "variables of the programs" equals "$status $(cat "$dir/err")" "0 "
start $bus
ok "a mounted jk.conf and a variable" equals "$(cat "$dir/err")" \
	"jk-tools: $dir/etc/jk.conf is mounted, and JK_SOURCE set: expected one of them"

# ---- the guide ----
# The blocks of a language, each in a file.
awk -v dir="$dir" '/^```./ { lang = substr($0, 4); file = dir "/block." ++n "." lang; next }
	/^```/ { lang = ""; next } lang != "" { print >file }' docs/container.md
ok "examples in sh and YAML" sh -c "ls '$dir'/block.*.sh && ls '$dir'/block.*.yaml"
for block in "$dir"/block.*.sh; do
	ok "sh takes ${block##*/}" sh -n "$block"
done
# A docker that shows its words, and takes only options that docker has.
cat >"$dir/bin/docker" <<'EOF'
#!/bin/sh
case $1 in
run) shift ;;
exec | logs | build) exit 0 ;;
*) exit 1 ;;
esac
while [ $# -gt 0 ]; do
	case $1 in
	-d | --rm) ;;
	-e)
		echo "$2"
		shift
		;;
	--name | --restart | --stop-timeout | --device | --group-add | -v | --network) shift ;;
	-*)
		echo "docker: $1: no such option" >&2
		exit 1
		;;
	*) break ;;
	esac
	shift
done
[ "$1" = jk-tools ]
EOF
cp "$dir/bin/docker" "$dir/bin/podman"
sed -i 's/build)/load)/' "$dir/bin/podman"
chmod +x "$dir/bin/docker" "$dir/bin/podman"
printf '#!/bin/sh\n' >"$dir/bin/ip"
chmod +x "$dir/bin/ip"
starts() { # FILE of VARIABLE=VALUE
	set --
	while IFS= read -r line; do
		set -- "$@" "$line"
	done <"$dir/variables"
	[ $# -gt 0 ] || return 0
	afresh
	start "$@"
	cat "$dir/err"
	equals "$status" 0
}
for block in "$dir"/block.*.sh; do
	ok "docker takes ${block##*/}" env PATH="$dir/bin:$PATH" sh -e "$block"
	PATH="$dir/bin:$PATH" sh -e "$block" >"$dir/variables" 2>&1
	ok "and its variables are a configuration" starts
done
yaml=
for python in python3 /usr/bin/python3; do
	$python -c 'import yaml' 2>/dev/null && yaml=$python && break
done
# The services of Compose, with the variables of the first.
compose='
import sys, yaml
known = {"image", "restart", "stop_grace_period", "devices", "group_add", "environment", "secrets", "volumes",
	"network_mode"}
all = yaml.safe_load(open(sys.argv[1]))
for service in all["services"].values():
	assert set(service) <= known, set(service) - known
	assert service["image"] == "jk-tools"
	for name in service.get("secrets", []):
		assert name in all["secrets"], name
	for volume in service["volumes"]:
		assert volume.split(":")[0] in all["volumes"], volume
	for name, value in service["environment"].items():
		assert isinstance(value, str), name
		print(name + "=" + (sys.argv[2] if name == "JK_PASSWORD_FILE" else value))
'
variables_of() {
	$yaml -c "$compose" "$1" "$dir/password" >"$dir/variables"
}
for block in "$dir"/block.*.yaml; do
	if [ "$yaml" ]; then
		ok "${block##*/} is for Compose" variables_of "$block"
		ok "and its variables are a configuration" starts
	else
		skip "${block##*/} is for Compose" "no parser of YAML: python3-yaml"
	fi
done
ok "its jk.conf" jk-service -f "$(ls "$dir"/block.*.conf)" print
done_testing
