#!/usr/bin/perl
# Records of simulated packs for the tests of jk-bank, and the integrals of what they show, computed here
# from the curves themselves and not from their samples.
#
#   bank.pl year DAYS INTERVAL     live records of the packs north and south; their true energy on stderr:
#                                  PACK CHARGED_WH DISCHARGED_WH CHARGED_AH DISCHARGED_AH
use strict;
use warnings;

my $start = 1763856000;                  # 2025-11-23, 00:00 UTC
my $pi = 4 * atan2 1, 1;

# The current of a day, in amperes, is a sine of this size and period, so that the charge of a half wave is
# known: 2 * size / omega.  The voltage is constant, then so is the energy.
my @packs = (
	{name => 'north', address => 1, volt => 52.5, size => 80, period => 86400, full => 280},
	{name => 'south', address => 2, volt => 51.25, size => 45, period => 43200, full => 100},
);

sub live {
	my ($time, $pack, $ampere) = @_;
	my $cell = sprintf '%.3f', $pack->{volt} / 16;
	printf '{"time":%.6f,"channel":"bus","bms":%d,"pack":"%s","type":"live","cell_voltages":[%s],'
		. '"total_voltage":%.3f,"current":%.3f,"state_of_charge":50,"capacity_remaining":%.3f,'
		. "\"full_charge_capacity\":%.3f,\"charging\":true,\"discharging\":true}\n",
		$time, $pack->{address}, $pack->{name}, join(',', ($cell) x 16), $pack->{volt}, $ampere,
		$pack->{full} / 2, $pack->{full};
}

sub year {
	my ($days, $interval) = @_;
	for (my $t = 0; $t <= $days * 86400; $t += $interval) {
		live($start + $t + $_->{address} / 10, $_, $_->{size} * sin(2 * $pi * ($t + $_->{address} / 10) / $_->{period}))
			for @packs;
	}
	for my $pack (@packs) {
		my $waves = $days * 86400 / $pack->{period};
		my $ah = $waves * $pack->{size} * $pack->{period} / $pi / 3600;
		printf STDERR "%s %.3f %.3f %.3f %.3f\n", $pack->{name}, ($ah * $pack->{volt}) x 2, ($ah) x 2;
	}
}

my $what = shift // '';
$what eq 'year' ? year(@ARGV) : die "bank.pl: what?\n";
