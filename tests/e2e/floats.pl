#!/usr/bin/perl
# floats.pl frames FRAMES    frame lines: a live frame of FRAMES with each kind of float as its
#                            battery_voltage_correction
# floats.pl count            how many these are
# floats.pl values RECORDS   checks the records on stdin against them, in the same order
use strict;
use warnings;

# Sign, exponent and mantissa of every class: zeros, denormals, the least and the largest normal number, each
# power of two beside its neighbours, infinities, quiet and signalling NaN.
sub patterns {
	my @bits = (0, 1, 0x7FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FBFFFFF, 0x7FC00000,
		0x7FFFFFFF);
	push @bits, map { ($_ << 23) - 1, $_ << 23, ($_ << 23) + 1, ($_ << 23) + 0x2AAAAA } 1 .. 254;
	return map { ($_, $_ | 0x80000000) } @bits;
}

sub frames {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	my ($hex) = map { /#(55AAEB9002[0-9A-F]{590})/ ? $1 : () } <$f>;
	my $n = 0;
	for my $bits (patterns()) {
		my $frame = pack 'H*', $hex;
		substr $frame, 226, 4, pack 'V', $bits;
		substr $frame, 194, 4, pack 'V', $n; # total_runtime tells which it is
		substr $frame, 299, 1, chr(unpack('%8C*', substr $frame, 0, 299));
		printf "(%d.000000) bus 01#%s R\n", 1763856000 + $n++, uc unpack 'H*', $frame;
	}
}

# A number as it should be: of the float to 6 decimals below 1e12, else to 9 digits; null if it is none.
sub wrong {
	my ($bits, $said) = @_;
	return $said eq 'null' ? 0 : 'a value' if ($bits & 0x7F800000) == 0x7F800000;
	return 'no JSON number' unless $said =~ /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
	return 'too many digits' if $said =~ tr/0-9// > 20 || $said =~ /\d{19}/;
	return 'a sign of nothing' if $said =~ /^-[0.]*$/;
	my $value = unpack 'f<', pack 'V', $bits;
	my $most = abs $value < 1e12 ? 5.0000001e-7 + 1e-16 * abs $value : 5e-9 * abs $value;
	return abs($said - $value) <= $most ? 0 : "not $value";
}

sub values_of {
	my @patterns = patterns();
	while (<STDIN>) {
		my ($n, $said) = (/"total_runtime":(\d+)/, /"battery_voltage_correction":([^,}]*)/) or next;
		my $wrong = wrong($patterns[$n], $said // '');
		die sprintf "%08X: %s: %s\n", $patterns[$n], $said // 'missing', $wrong if $wrong;
	}
}

my %modes = (frames => \&frames, count => sub { print scalar(my @all = patterns()), "\n" },
	values => \&values_of);
my $mode = $modes{ shift // '' } or die "usage: floats.pl frames|count|values\n";
$mode->(@ARGV);
