# Sourced by tests of jk-write, behind lib.sh: the test is in the place of the capture.  What it sends is
# written to 5, the stream; requests come on 6.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh, and for who sources this

settings1=$(sed -n 's/^([0-9.]*) ttyUSB0 \(01#55AAEB9001.* R\)$/\1/p' tests/golden/settings.frames |
	head -n 1)
trigger=0110161E0001020000D22F
write=0110107000020400000000394B # charging_switch off
off=$(printf '%s' "$settings1" | perl -pe '
	my ($hex) = /#([0-9A-F]{600})/; my @b = map hex, $hex =~ /../g;
	$b[118] = 0; $b[299] = 0; $b[299] += $b[$_] for 0 .. 298; $b[299] %= 256;
	my $new = join "", map { sprintf "%02X", $_ } @b; s/[0-9A-F]{600}/$new/')
ack=01#01101070000244D3

# say LINE: of channel bus.  The program may be gone already.
say() { (trap '' PIPE && printf '(1763856000.000000) bus %s\n' "$1" >&5) 2>/dev/null || true; }
give() { printf '%s\n' "$*" >"$dir/cmd"; }
# asked HEX: the next request is this one.
asked() {
	line=$(timeout 60 head -n 1 <&6)
	case $line in
	"("*") bus 01#$1") return 0 ;;
	esac
	echo "asked: $line"
	return 1
}
result() { wait_for grep -q "!write $1 .* $2" "$dir/frames"; } # ID RESULT
