# Sourced: a Debian with Home Assistant, and how something runs in it.
# shellcheck shell=sh
version=2026.11.0
root=${JK_HOMEASSISTANT:-build-homeassistant}
case $root in /*) ;; *) root=$PWD/$root ;; esac

skip() {
	echo "1..0 # SKIP Home Assistant: $*"
	exit 0
}

# Of the parts that configuration.yaml names, and of those that its onboarding adds.
parts="mqtt api websocket_api config onboarding frontend history recorder energy mobile_app automation
	blueprint sensor binary_sensor number switch select event notify stream image_upload
	google_translate met radio_browser shopping_list analytics hardware usage_prediction"

# make_chroot: unless it is there.  What it does is in $root.log.
# shellcheck disable=SC2086 # a list
make_chroot() {
	[ "$(id -u)" = 0 ] || skip "a chroot needs root"
	[ ! -e "$root/made-$version" ] || return 0
	command -v debootstrap >/dev/null || skip "debootstrap is missing"
	echo "# making $root, for some minutes"
	if [ ! -e "$root/debian" ]; then
		rm -rf "$root"
		mkdir -p "$root"
		debootstrap --variant=minbase \
			--include=python3,python3-venv,python3-dev,g++,libturbojpeg0,ca-certificates \
			sid "$root" >"$root.log" 2>&1 ||
			skip "debootstrap has failed: $(tail -n 1 "$root.log")"
		mkdir -p "$root/host" "$root/cfg"
		touch "$root/debian"
	fi
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	# Folders of wheels are those of the host's Python.  pymicro-vad and pyspeex-noise: without them its
	# page stays at "Loading".
	# shellcheck disable=SC2016 # of the inner shell
	unshare --mount sh -c '
		root=$1 version=$2
		shift 2
		set -e
		unset PIP_FIND_LINKS
		mount --bind /proc "$root/proc"
		mount --rbind /dev "$root/dev"
		[ -e "$root/ha/bin/pip" ] || chroot "$root" python3 -m venv /ha
		chroot "$root" /ha/bin/pip install homeassistant=="$version" \
			pymicro-vad==1.0.1 pyspeex-noise==1.0.2
		chroot "$root" /ha/bin/python - "$@" \
			<tests/homeassistant/requirements.py >"$root/requirements"
		chroot "$root" /ha/bin/pip install -r /requirements \
			-c "/ha/lib/$(basename "$root"/ha/lib/python3*)/site-packages/homeassistant/package_constraints.txt"
		' - "$root" "$version" $parts >>"$root.log" 2>&1 ||
		skip "pip has failed: $(tail -n 1 "$root.log")"
	touch "$root/made-$version"
}

# make_browser: Chromium in it, unless it is there.
make_browser() {
	[ ! -e "$root/browser" ] || return 0
	# The archive may be past its date.
	# shellcheck disable=SC2016 # of the inner shell
	unshare --mount sh -ec '
		mount --bind /proc "$1/proc"
		mount --rbind /dev "$1/dev"
		export DEBIAN_FRONTEND=noninteractive
		chroot "$1" apt-get -qq -o Acquire::Check-Valid-Until=false update
		chroot "$1" apt-get -qq -y --no-install-recommends install chromium-headless-shell
		' - "$root" >>"$root.log" 2>&1 || return 1
	touch "$root/browser"
}

# in_chroot CONFIG COMMAND...: with a network of its own, in which only loopback is, the host's files at
# /host, and CONFIG, a folder of the host, at /cfg.  Whatever it started ends with it.
in_chroot() {
	# shellcheck disable=SC2016 # of the inner shell
	exec unshare --mount --net --pid --fork --kill-child --mount-proc sh -c '
		root=$1 config=$2
		shift 2
		ip link set lo multicast on up && ip route add 224.0.0.0/4 dev lo &&
			mount --rbind / "$root/host" && mount --bind "$config" "$root/cfg" &&
			mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" &&
			mount -t tmpfs tmp "$root/tmp" || exit 111
		exec chroot "$root" env -i PATH=/ha/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$@"' - "$root" "$@"
}
