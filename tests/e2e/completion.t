#!/bin/sh
# The completion of bash: all that the usage texts, the tables of keys and those of settings have, and nothing
# that a program does not take.
. tests/e2e/lib.sh

scripts=$(cd scripts && echo jk-*)
# complete LINE: what is offered at its end, one a line
cat >"$dir/complete" <<'END'
. share/bash-completion/jk-tools
COMP_LINE=$1 COMP_POINT=${#1}
read -r -a COMP_WORDS <<<"$1"
_jk_tools
printf '%s\n' "${COMPREPLY[@]}"
END
completed() { bash "$dir/complete" "$1" 2>"$dir/complete.err"; }
offers() { # LINE WORD...
	completed "$1" >"$dir/offered"
	shift
	for word; do
		grep -qx -e "$word" "$dir/offered" || {
			echo "no $word in:"
			cat "$dir/offered"
			return 1
		}
	done
	test ! -s "$dir/complete.err"
}
offers_only() { # LINE WORD...
	completed "$1" | sort | tr '\n' ' ' >"$dir/offered"
	shift
	equals "$(cat "$dir/offered")" "$(printf '%s\n' "$@" | sort | tr '\n' ' ')"
}
for program in $programs $scripts; do
	$program -h | grep -oE -e '(^ *|, )--?[a-zA-Z-]+' | grep -oE -e '--?[a-zA-Z-]+$' |
		sort -u >"$dir/options"
	completed "$program -" | sort -u >"$dir/offered"
	ok "$program: its options, and no others" diff "$dir/options" "$dir/offered"
	ok "$program is completed" grep -qE "^(complete|	).*\b$program\b" share/bash-completion/jk-tools
done
ok "an option that is begun" offers_only 'jk-capture --in' --interval --inverter
ok "verbs" offers_only 'jk-service ' check print compile run reload status log import-addon
ok "a verb that is begun, after an option" offers_only 'jk-service -f jk.conf re' reload
touch "$dir/options.json"
ok "the file of a verb" offers_only "jk-service import-addon $dir/opt" "$dir/options" "$dir/options.json"
ok "no file of another" offers_only "jk-service log $dir/opt" ''
ok "keys" offers 'jk-decode -k ' total_voltage state_of_charge
ok "a second key" offers_only 'jk-decode -k total_voltage,state_of_ch' total_voltage,state_of_charge
ok "keys after =" offers_only 'jk-decode --keys=state_of_ch' state_of_charge
ok "a choice" offers_only 'jk-decode -o ' json csv influx prometheus
ok "settings" offers_only 'jk-set 1 charging_s' charging_switch
ok "the settings, not the addresses" offers_only 'jk-set charging_s' ''
ok "sources" offers 'jk-capture -a 1-3 ' tcp: can:
ok "a source that is begun" offers_only 'jk-capture tc' tcp:
ok "a number is nobody's guess" offers_only 'jk-capture -i ' ''
touch "$dir/frames one.log"
ok "files" offers_only "jk-decode $dir/frames" "$dir/frames one.log"
ok "the file of an option" offers_only "jk-decode -m $dir/frames" "$dir/frames one.log"
make -s install BUILD="$build" DESTDIR="$dir/root" PREFIX=/usr >/dev/null 2>&1
for program in $programs $scripts; do
	ok "installed for $program" grep -q _jk_tools \
		"$dir/root/usr/share/bash-completion/completions/$program"
done
done_testing
