# JSON as YAML, in blocks.  A text is plain only if no reader of YAML, new or old, takes it for anything else;
# else it is in quotes as JSON has them, and every character that YAML does not allow there is escaped.

def hex: [range(4)] as $digits | reduce $digits[] as $i ({n: ., text: ""};
	{text: ("0123456789abcdef"[(.n % 16):(.n % 16) + 1] + .text), n: (.n / 16 | floor)}) | "\\u" + .text;
def allowed: (. >= 32 and . < 127) or (. > 160 and . < 8232) or (. > 8233 and . < 55296)
	or (. > 57343 and . < 65279) or (. > 65279 and . < 65534) or . > 65535;
def quoted: tojson | [explode[] | if allowed then [.] | implode else hex end] | add;
def word: test("^[A-Za-z_/]([A-Za-z0-9_./ -]|:[A-Za-z0-9])*$") and (test(" $") | not)
	and (test("^(true|false|yes|no|on|off|null|y|n)$"; "i") | not);
def scalar: if type == "string" then (if word then . else quoted end) else tojson end;
def is_block: (type == "object" or type == "array") and length > 0;
def lines: if type == "object" then
		to_entries[] | (.key | scalar) as $key | .value
		| if is_block then "\($key):", (lines | "  " + .) else "\($key): \(scalar)" end
	else .[] | if is_block then [lines] | "- " + .[0], (.[1:][] | "  " + .) else "- \(scalar)" end
	end;
lines
