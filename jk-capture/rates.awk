# Prints line_rates.h: the rates of serial lines and of CAN as macros, from the table of jk.conf(5).

function macro(name, rates,   n, i, rate, text) {
	n = split(rates, rate, " ")
	for (i = 1; i <= n; i++)
		text = text " X(" rate[i] ")"
	print "#define " name "(X)" text
}

BEGIN {
	print "/* Generated from scripts/conf-table.awk. */"
	print "#ifndef LINE_RATES_H\n#define LINE_RATES_H"
	macro("SERIAL_RATES", line_rates("serial"))
	macro("CAN_RATES", line_rates("can"))
	print "#endif"
}
