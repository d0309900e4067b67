#!/usr/bin/perl
# Records of a simulated year of three packs at a roof with sun, for docs/plots: docs/year.pl LAST, where LAST
# is the noon of the last day, in seconds since 1970.  A record every 20 minutes, and every 30 seconds of the
# last two days.
use strict;
use warnings;

my $last = shift;
my ($begin, $end) = ($last - 365 * 86400, $last + 43200);
my $pi = 4 * atan2 1, 1;
srand 3;
my @names = qw(north south attic);
my @packs = map { {charge => 0.5, name => $names[$_ - 1], address => $_, full => 280} } 1 .. 3;

my ($cloud, $day) = (1, -1);
for (my $t = $begin; $t < $end;) {
	my $step = $t < $last - 1.5 * 86400 ? 1200 : 30;
	my $hour = $t % 86400 / 3600;
	($day, $cloud) = (int $t / 86400, 0.25 + 0.75 * rand) if int $t / 86400 != $day;
	# It is least on the 21st of December.
	my $season = 0.55 - 0.45 * cos(2 * $pi * ($t / 86400 / 365.25 + 10 / 365.25));
	my $light = sin($pi * ($hour - 6.5 + $season) / (10 + 4 * $season));
	$light = 0 if $light < 0 || $hour < 6.5 - $season;
	my $sun = 9000 * $light * $cloud * (0.4 + 0.6 * $season) * (0.8 + 0.2 * sin $t / 700);
	my $load = 450 + 900 * exp(-($hour - 19.5) ** 2 / 3) + 500 * exp(-($hour - 7.3) ** 2) + 60 * rand;
	$load += 2100 if $hour > 12.3 && $hour < 12.8;
	my $watt = ($sun - $load) / @packs;
	for my $p (@packs) {
		my $power = $watt;
		$power = 0 if $power > 0 && $p->{charge} >= 1 || $power < 0 && $p->{charge} <= 0.1;
		$p->{charge} += $power * $step / 3600 / 51.2 / $p->{full};
		$p->{charge} = $p->{charge} > 1 ? 1 : $p->{charge} < 0.1 ? 0.1 : $p->{charge};
		my $ampere = $power / 52;
		live($t + $p->{address} / 10, $p, $ampere);
	}
	$t += $step;
}

# The voltage rises at both ends of the curve; cell 5 of the first pack loses charge over the year.
sub live {
	my ($time, $p, $ampere) = @_;
	my $c = $p->{charge};
	my $mean = 3.27 + 0.04 * $c + 0.13 * exp(($c - 1) * 60) - 0.2 * exp(-$c * 40) + $ampere * 0.0005;
	my $age = ($time - $begin) / ($end - $begin);
	my @cells = map {
		my $own = (($_ * 7 + $p->{address} * 5) % 11 - 5) / 2000;
		$own -= 0.012 * $age if $p->{address} == 1 && $_ == 5;
		$own += 0.005 * $age if $p->{address} == 1 && $_ == 12;
		$mean + $own * (1 + 6 * exp(($c - 1) * 40)) + 0.0007 * (rand() - 0.5)
	} 1 .. 16;
	my ($sum, $low, $high) = (0, 9, 0);
	for (@cells) {
		$_ = sprintf '%.3f', $_;
		$sum += $_;
		$low = $_ if $_ < $low;
		$high = $_ if $_ > $high;
	}
	printf '{"time":%.6f,"channel":"shed","bms":%d,"pack":"%s","type":"live","cell_voltages":[%s],'
		. '"delta_cell_voltage":%.3f,"total_voltage":%.3f,"current":%.3f,"power":%.3f,'
		. '"state_of_charge":%d,"capacity_remaining":%.3f,"full_charge_capacity":%.3f,'
		. "\"charging\":true,\"discharging\":true}\n",
		$time, $p->{address}, $p->{name}, join(',', @cells), $high - $low, $sum, $ampere,
		$sum * $ampere, 100 * $c, $c * $p->{full}, $p->{full};
}
