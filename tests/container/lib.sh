# Sourced by the tests of containers, behind those of jk-service: buildah, and what runs in a container.
# shellcheck shell=sh disable=SC2034,SC2154,SC2086 # names of lib.sh; $images is a command with its words
[ "$(id -u)" -eq 0 ] || {
	echo "1..0 # SKIP needs root"
	exit 0
}
for needed in buildah debootstrap jq; do
	command -v "$needed" >/dev/null || {
		echo "1..0 # SKIP $needed is not installed"
		exit 0
	}
done
store=${JK_CONTAINERS:-build-container}
mkdir -p "$store"
images="share/container/images $store"
patience=${JK_PATIENCE:-120}

# What is built twice is of one commit, even if somebody commits in between.
JK_COMMIT=${JK_COMMIT:-$(git rev-parse HEAD 2>/dev/null)}
export JK_COMMIT

# make_image FILE
make_image() {
	share/container/build "$1"
}
same_again() {
	share/container/build "$dir/2.tar" && cmp "$dir/1.tar" "$dir/2.tar"
}
# size_of IMAGE: in bytes
size_of() {
	size_container=$($images from --pull-never "$1")
	du -s -B 1 --apparent-size "$($images mount "$size_container")" | cut -f 1
	$images rm "$size_container" >/dev/null
}
image_and_base() {
	above_mb=$((($(size_of jk-tools) - $(size_of debian:bookworm-slim)) / 1000000))
}

# new_container [IMAGE]: its name in $made
made=
new_container() {
	[ -z "$made" ] || $images rm "$made" >/dev/null
	made=$($images from --pull-never "${1-jk-tools}")
}
root_of() { $images mount "$made"; }
# Programs, scripts and what they need; there are no pages.
has_all() {
	root=$(root_of)
	make -s list-installed | grep -E '^(bin|share/jk)/' >"$dir/listed"
	while read -r file; do
		[ -s "$root/usr/$file" ] || {
			echo "no $file"
			return 1
		}
	done <"$dir/listed"
	test -s "$dir/listed"
}
# container OPTION...: what it starts, in the background; its output in $dir/container.out
container() {
	: >"$dir/container.out"
	timeout 900 $images run -e JK_TREE="$dir" "$@" "$made" -- $command >"$dir/container.out" 2>&1 &
	container=$!
	children="$children $container"
}
# in_container COMMAND...
in_container() {
	$images run "$made" -- "$@"
}
ill() { # WHAT: jk-health reports it
	in_container jk-health -s 2 >"$dir/ill" 2>&1 && return 1
	grep -q "$1" "$dir/ill"
}
# Those in the container: buildah itself is outside.
inside() {
	for process in $(left); do
		case $(readlink "/proc/$process/root" 2>/dev/null) in
		/ | '') ;; # it is outside, or has ended, and its number may be that of another one now
		*) echo "$process" ;;
		esac
	done
}
first_process() {
	for process in $(inside); do
		! comm_is "$process" s6-svscan >/dev/null || echo "$process"
	done
}
comm_is() { equals "$(cat "/proc/$1/comm" 2>/dev/null)" "$2"; }
# No user and no group of what runs is root.
nobody_is_root() {
	test -n "$(inside)" || return 1
	for process in $(inside); do
		lacks -E '^[UG]id:.*\b0\b' "/proc/$process/status" || return 1
	done
}
no_secret() { # SECRET
	cat "$(root_of)"/var/lib/jk/log/*/current "$(root_of)/etc/jk/jk.conf" "$dir/container.out" \
		>"$dir/secrets"
	for process in $(inside); do
		tr '\0' '\n' <"/proc/$process/cmdline"
	done >>"$dir/secrets" 2>/dev/null
	lacks "$1" "$dir/secrets"
}
# stop_container: as docker stop does it
stop_container() {
	kill -TERM "$(first_process)"
	container_status=0
	wait "$container" || container_status=$?
}
container_cleanup() {
	# shellcheck disable=SC2046 # a list
	command kill -KILL $(left) 2>/dev/null
	[ -z "$made" ] || $images rm "$made" >/dev/null 2>&1
	cleanup
}
trap container_cleanup EXIT
