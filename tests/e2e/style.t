#!/bin/sh
# The rules that a program can check: C is formatted as .clang-format says, no line is too wide, no test
# asserts that a pattern is absent without looking whether the file is there, and shellcheck finds nothing.
. tests/e2e/lib.sh

git ls-files >"$dir/tracked" 2>/dev/null || find Makefile ./.ci common jk-* man scripts tests -type f \
	>"$dir/tracked"
grep -E '\.[ch]$' "$dir/tracked" >"$dir/c"
ok "there are a hundred files of C and more" test "$(wc -l <"$dir/c")" -ge 100

# Versions of clang-format differ in what they write.
wanted=14
version=$(clang-format --version 2>/dev/null | sed 's/.*version \([0-9]*\).*/\1/')
formatted() {
	xargs clang-format --dry-run -Werror <"$dir/c" 2>&1 | grep -a 'error:'
	[ $? -eq 1 ]
}
if [ "$version" = $wanted ]; then
	ok "C is formatted by .clang-format" formatted
	printf 'int  x;\n' >"$dir/odd.c"
	ok "the check finds what is not" sh -c "! clang-format --dry-run -Werror '$dir/odd.c' 2>/dev/null"
else
	skip "C is formatted by .clang-format" "this needs clang-format $wanted, not ${version:-none}"
fi

# too_wide FILE...: lines of more than 110 columns; a tab counts up to the next multiple of 8.  Data that
# cannot be cut is excused: a word of 60 characters or more, such as a record in JSON, and rows with tabs
# within.
too_wide() {
	perl -Mopen=:std,:utf8 -ne 'chomp;
		my $line = $_;
		1 while $line =~ s/^([^\t]*)\t/$1 . " " x (8 - length($1) % 8)/e;
		print "$ARGV:$.: ", length $line, " columns\n" if length $line > 110 && !/\S{60}|\S\t/;
		close ARGV if eof' "$@"
}
# Not these: the sheets, golden files and expected messages, which are data, and the tables and paragraphs of
# Markdown.
grep -vE '\.(svg|tsv|frames|records|alarm|bank|args|json|md|svg|equivalent)$|^LICENSE$|^tests/e2e/(conf-wrong|discovery/states|dashboard/south[.]yaml)$' \
	"$dir/tracked" \
	>"$dir/narrow"
# shellcheck disable=SC2046 # names without blanks
no_wide_line() {
	wide=$(too_wide $(cat "$dir/narrow"))
	echo "$wide"
	[ -z "$wide" ]
}
ok "no line is wider than 110 columns" no_wide_line
blanks() { printf '%*s|\n' "$1" ''; }
{ blanks 109; blanks 110; printf '\t'; blanks 101; printf '\t'; blanks 102; } >"$dir/wide"
ok "the check finds what is" equals "$(too_wide "$dir/wide" | cut -d: -f 2- | tr '\n' ' ')" \
	"2: 111 columns 4: 111 columns "

# negative_greps: of the files on stdin.  They pass where the file is missing, or the command before the pipe.
negative_greps() {
	grep -E '\.(t|sh)$' | grep -v 'tests/e2e/style.t' |
		xargs grep -nE '(["({;&|]|^)[[:space:]]*! ([^|;&]*\| *)?grep ' >"$dir/negative"
	cat "$dir/negative"
	test ! -s "$dir/negative"
}
bare_greps() { negative_greps <"$dir/tracked"; }
ok "lacks is used where a pattern is absent" bare_greps
printf '! grep -q a b\nok "a" sh -c "! grep -q a b"\nok "b" sh -c "! tr a b <c | grep d"\n' >"$dir/odd.sh"
found() { echo "$dir/odd.sh" | negative_greps | grep -c grep; }
ok "the check finds each" equals "$(found)" 3

if command -v shellcheck >/dev/null; then
	# A page shows scripts, and is none.
	grep -v '^man/.*[.][157]$' "$dir/tracked" | xargs grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=' \
		>"$dir/shell"
	ok "there are fifty shell scripts and more" test "$(wc -l <"$dir/shell")" -ge 50
	ok "shellcheck finds nothing" xargs -P 2 -n 10 shellcheck -f gcc <"$dir/shell"
	printf '#!/bin/sh\nrm $1\n' >"$dir/odd.sh"
	ok "the check finds what is odd" sh -c "! shellcheck '$dir/odd.sh' >'$dir/odd'"
else
	skip "shellcheck finds nothing" "there is no shellcheck"
fi

# Numbers have one bounded parser, and copies a bound.
unbounded() { xargs grep -nE '(^|[^a-z_])(atoi|atol|sscanf|strcpy|strcat|sprintf|gets)\(' <"$1"; }
ok "C has no atoi, sscanf, strcpy and the like" equals "$(unbounded "$dir/c")" ""
printf '\tstrcpy(a, b);\n' >"$dir/odd.c"
echo "$dir/odd.c" >"$dir/odd"
ok "the check finds one" equals "$(unbounded "$dir/odd" | grep -c strcpy)" 1

ok "each mutant that is listed as equivalent is one of the sources" tests/mutate -c
done_testing
