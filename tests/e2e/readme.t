#!/bin/sh
# Every line of shell in the README, with a simulated gateway in the place of the real one.
. tests/e2e/lib.sh

top=$PWD
sim --speed 30 --master 1:16 2:8 3:15
sed -n '/^```sh$/,/^```$/p' README.md | grep -v '^```' |
	sed "s/tcp:10.0.0.7:5000/tcp:127.0.0.1:$port/; s/^timeout 60/timeout --preserve-status \$minute/" >"$dir/lines"
ok "there are ten lines and more" test "$(wc -l <"$dir/lines")" -ge 10
cp "$top/README.md" "$dir/raw.bin" # whatever bytes
cd "$dir" || exit 1
# A relative build folder is no longer below.
case $build in /*) ;; *) PATH=$top/$build:$top/scripts:$PATH ;; esac
# The minute of the README: four seconds of a bus that is thirty times as fast, or more where they are not enough.
export minute=4
recorded() { grep -q ' 02#55AAEB9002' frames.log && grep -q ' 02#55AAEB9001' frames.log; }
until_recorded() {
	until sh -e -c "$1" && recorded; do
		minute=$((minute * 2))
		[ $minute -lt 120 ] || return 1
	done
}
while IFS= read -r line <&3; do
	case $line in
	*"> frames.log") ok "$line" until_recorded "$line" ;;
	*) ok "$line" sh -e -c "$line" ;;
	esac
done 3<lines
ok "a recording was made" grep -q '#55AAEB9002' frames.log
ok "csv was made" sh -c "head -n 1 bms2.csv | grep -q '^time,channel,bms,cell_voltage_1,'"
ok "of BMS 2" sh -c "sed 1d bms2.csv | cut -d, -f3 | grep -qx 2"
done_testing
