#!/bin/sh
# scripts/setup: each word asks for what its command needs, and for no more.  A folder of a few programs is
# the machine, on which nothing else is installed; its apt-get only writes down what it was told.
. tests/e2e/lib.sh

machine=$dir/machine
mkdir "$machine"
for program in sh sed env uname cat test; do
	ln -s "$(command -v $program)" "$machine/$program"
done
# program NAME LINE: one of that machine
program() {
	printf '#!/bin/sh\n%s\n' "$2" >"$machine/$1"
	chmod +x "$machine/$1"
}
program id 'echo 0'
# shellcheck disable=SC2016 # of the program
apt='echo "$@" >>"$APT_LOG"; case "$*" in *" install "*"$APT_LACKS"*) exit 100 ;; esac'
program apt-get "$apt"
APT_LOG=$dir/apt
APT_LACKS=nothing
export APT_LOG APT_LACKS

# setup WORD...
setup() {
	: >"$APT_LOG"
	run env PATH="$machine" scripts/setup "$@"
}
# The packages that apt-get was to install, in alphabetical order.
packages() { sed -n 's/.* install //p' "$APT_LOG" | tr ' ' '\n' | sort | tr '\n' ' '; }
asks_for() { equals "$(packages)" "$* "; }
asks_for_none_of() {
	for package; do
		case " $(packages)" in *" $package "*)
			echo "$package in $(packages)"
			return 1
			;;
		esac
	done
}
asks_for_all_of() {
	for package; do
		case " $(packages)" in *" $package "*) ;; *)
			echo "no $package in $(packages)"
			return 1
			;;
		esac
	done
}
tools="check clang clang-format iproute2 locales mandoc openssl pkg-config procps qemu-system-x86 shellcheck"

setup build
ok "build: the compiler and the libraries" asks_for gcc libc6-dev libjson-c-dev libmosquitto-dev \
	libserialport-dev libsocketcan-dev libsqlite3-dev make
named() { sed -n 's/.* is missing: package //p' "$dir/out" | sort | tr '\n' ' '; }
ok "each is named" equals "$(named)" "$(packages)"
ok "exit 0" equals "$status" 0
setup run
ok "run: what the installed scripts need" asks_for execline jq s6 zstd
setup demo
# shellcheck disable=SC2086 # a list
ok "demo: no compiler but gcc, and no tool of the tests" asks_for_none_of $tools s6 zstd
ok "demo: the broker, and what shows the table" asks_for_all_of gcc libmosquitto-dev \
	mosquitto-clients jq perl
demo=$(packages)
setup
ok "without a word: build and run" asks_for execline gcc jq libc6-dev libjson-c-dev libmosquitto-dev \
	libserialport-dev libsocketcan-dev libsqlite3-dev make s6 zstd
setup build run
ok "two words: the same" asks_for_all_of gcc s6
setup tests
# shellcheck disable=SC2086 # lists
ok "tests: what the demo and an installation need, too" asks_for_all_of $demo s6 execline zstd clang check \
	procps
ok "tests: nothing large that a few tests need" asks_for_none_of qemu-system-x86 shellcheck clang-format
tests=$(packages)
setup check
all=$(packages)
# shellcheck disable=SC2086 # a list
ok "check: all of these" asks_for_all_of $tests
case $(uname -m) in
x86_64) ok "check: and the rest" asks_for_all_of qemu-system-x86 shellcheck clang-format ;;
*) ok "check: and the rest" asks_for_all_of shellcheck clang-format ;;
esac
setup release
ok "release: the sources, a Debian to build in, and an image" asks_for buildah debootstrap git
setup packages
ok "packages: that, another processor, the simulated bus and a broker" asks_for_all_of debootstrap git \
	qemu-user-static gcc mosquitto-clients
# shellcheck disable=SC2086 # a list
ok "and no tool of the other tests" asks_for_none_of $tools
setup container
ok "container: what builds it, the simulated bus and a broker" asks_for_all_of buildah debootstrap gcc git \
	mosquitto-clients
container=$(packages)
setup app
# shellcheck disable=SC2086 # a list
ok "app: that, the parser of profiles, and certificates" asks_for_all_of $container apparmor openssl
setup chroot
ok "chroot: a Debian of another architecture" asks_for debootstrap qemu-user-static
setup systemd
ok "systemd: that Debian in a virtual machine" asks_for_all_of debootstrap gcc perl procps
setup musl
ok "musl: its compiler" asks_for_all_of musl-tools gcc make perl
setup check
ok "check: readelf" asks_for_all_of binutils
setup --vm
ok "--vm is check" equals "$(packages)" "$all"

setup build nonsense
ok "another word: exit 100" equals "$status" 100
ok "which is named" grep -q '^setup: nonsense: no such argument' "$dir/err"
ok "and nothing is installed" test ! -s "$APT_LOG"

APT_LACKS=shellcheck
setup check
ok "one that a test alone needs cannot be installed: exit 0" equals "$status" 0
ok "which is reported" grep -q '^setup: shellcheck cannot be installed: the tests that need it' "$dir/err"
APT_LACKS=libmosquitto-dev
setup build
ok "one that all need: it fails" test "$status" -ne 0
APT_LACKS=nothing
program id 'echo 1000'
setup run
ok "no root and no sudo: exit 111" equals "$status" 111
ok "the command to run as root" grep -q 'run as root: apt-get install .* s6 execline zstd' "$dir/err"
# shellcheck disable=SC2016 # of the program
program sudo 'echo "sudo $*" >>"$SUDO_LOG"; exec "$@"'
SUDO_LOG=$dir/sudo
export SUDO_LOG
setup run
ok "with sudo" sh -c "grep -q '^sudo env .*apt-get .* install .*s6' '$dir/sudo'"
ok "the same" asks_for execline jq s6 zstd
rm "$machine/apt-get"
setup run
ok "no apt-get: exit 111" equals "$status" 111
ok "the packages to install by hand" grep -q 'apt-get is missing: install these packages yourself:.* s6' \
	"$dir/err"

# On this machine all is there, since this test runs.
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$APT_LOG" >"$dir/apt-get"
chmod +x "$dir/apt-get"
: >"$APT_LOG"
for word in build demo run tests; do
	run env PATH="$dir:$PATH" scripts/setup $word
	ok "$word: all is there, and it does nothing" equals \
		"$status $(cat "$dir/out" "$dir/err" "$APT_LOG")" '0 '
done

# What the targets of the Makefile call.
calls() { make -n "$1" 2>/dev/null | grep -o 'scripts/setup.*' | head -n 1; }
ok "make setup" equals "$(calls setup)" 'scripts/setup'
ok "make demo" equals "$(calls demo)" 'scripts/setup demo'
ok "make check" equals "$(calls check)" 'scripts/setup check'
ok "make release" equals "$(calls release)" 'scripts/setup release'
ok "make container" equals "$(calls container)" 'scripts/setup release'
ok "make app" equals "$(calls app)" 'scripts/setup release'
ok "make check-packages" equals "$(calls check-packages)" 'scripts/setup packages'
ok "make check-container" equals "$(calls check-container)" 'scripts/setup container'
ok "make check-app" equals "$(calls check-app)" 'scripts/setup app'
ok "make check-arch" equals "$(calls check-arch)" 'scripts/setup chroot'
ok "make check-32" equals "$(calls check-32)" 'scripts/setup chroot'
ok "make check-systemd" equals "$(calls check-systemd)" 'scripts/setup systemd'
ok "make panel" equals "$(calls panel)" 'scripts/setup panel'
ok "make check-panel" equals "$(calls check-panel)" 'scripts/setup check-panel'
ok "make check-musl" equals "$(calls check-musl)" 'scripts/setup musl'
APT_LACKS=debootstrap
setup chroot
ok "no debootstrap, for tests: they are skipped" equals "$status" 0
setup release
ok "no debootstrap, for a release: it fails" test "$status" -ne 0
APT_LACKS=nothing
ok "make bench" equals "$(calls bench)" 'scripts/setup tests'
done_testing
