#!/usr/bin/perl
# Records of simulated packs for the tests of jk-bank, and the integrals of what they show, computed here
# from the curves themselves and not from their samples.
#
#   bank.pl year DAYS INTERVAL     live records of the packs north and south; their true energy on stderr:
#                                  PACK CHARGED_WH DISCHARGED_WH CHARGED_AH DISCHARGED_AH
#   bank.pl kills N DIR            jk-bank is killed N times; prints what is wrong
#   bank.pl cells SEED DAYS INTERVAL   a pack with a weak cell; the truth on stderr: milliohm of cell 9, drift
#                                  of cell 5 in mV a week, milliohm of the pack
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
		live($start + $t + $_->{address} / 10, $_,
			$_->{size} * sin(2 * $pi * ($t + $_->{address} / 10) / $_->{period}))
			for @packs;
	}
	for my $pack (@packs) {
		my $waves = $days * 86400 / $pack->{period};
		my $ah = $waves * $pack->{size} * $pack->{period} / $pi / 3600;
		printf STDERR "%s %.3f %.3f %.3f %.3f\n", $pack->{name}, ($ah * $pack->{volt}) x 2, ($ah) x 2;
	}
}

# ---- kills ----

# jk-bank is killed N times at random moments, and goes on with the records behind those it was given, or gets
# them again.  Prints what is wrong with its counters.
sub kills {
	my ($n, $dir) = @_;
	my ($t, $step, $watt) = (0, 10, 52.5 * 80);
	srand 1;
	for my $run (1 .. $n + 1) {
		my $length = 60 * (1 + int rand 40);
		open my $chunk, '>', "$dir/chunk" or die;
		select $chunk;
		live($start + $t + $_ * $step, $packs[0], 80) for 0 .. $length / $step - 1;
		select STDOUT;
		close $chunk;
		open my $fed, '>>', "$dir/counters" or die;
		print $fed "\nfed ", $start + $t + $length, "\n"; # behind a line that a kill has cut
		close $fed;
		my $pid = fork // die;
		if (!$pid) {
			open STDIN, '<', "$dir/chunk" or die;
			open STDOUT, '>>', "$dir/counters" or die;
			exec 'jk-bank', '-s', "$dir/state" or die;
		}
		if ($run <= $n) {
			select undef, undef, undef, rand 0.03;
			kill 'KILL', $pid;
		}
		waitpid $pid, 0;
		$t += $length if rand() < 0.7 || $run == $n;
	}
	check_counters("$dir/counters", $watt, $t + 2400);
}

# Counters never fall, rise by no more than the time allows, and never beyond what was there.  What a killed
# jk-bank has kept in its state may be newer than what it has reported, and records that come again have
# earlier times: what counts is the latest time of the records that it was given.
sub check_counters {
	my ($file, $watt, $most_s) = @_;
	my ($time, $wh, $records, $fed) = ($start, 0, 0, $start);
	open my $counters, '<', $file or die;
	while (<$counters>) {
		$fed = $1 if /^fed (\d+)$/ && $1 > $fed;
		/^\{"time":([0-9.]+).*"pack":"north","type":"energy","charged_wh":([0-9.]+)/ or next;
		my ($now, $then) = ($2, $wh);
		print "$1: fell from $wh to $now\n" if $now < $wh;
		print "$1: jumped from $wh to $now\n" if $now - $wh > $watt * ($fed - $time + 61) / 3600;
		print "$1: $now is more than there was\n" if $now > $watt * ($fed - $start) / 3600 + 1;
		($time, $wh) = ($1 > $time ? $1 : $time, $now);
		$records++;
	}
	print "only $records records\n" if $records < 5;
	print "nothing was counted\n" if $wh <= 0 || $wh > $watt * $most_s / 3600;
}

# ---- cells ----

sub gauss { sqrt(-2 * log(1 - rand)) * cos(2 * $pi * rand) }

# Days of 16 cells with noise: cell 9 has more resistance, cell 5 drifts.  What is true on stderr.
sub cells {
	my ($seed, $days, $interval) = @_;
	srand $seed;
	my @milliohm = map { 0.2 + 0.1 * rand } 1 .. 16;
	$milliohm[8] = 0.5 + 0.4 * rand;
	my @offset = map { 2 * gauss() } 1 .. 16;
	my $drift = (rand() < 0.5 ? -1 : 1) * (2 + 6 * rand); # mV a week
	my $per_day = int 86400 / $interval;
	for my $n (0 .. $days * $per_day) {
		my $in_day = $n % $per_day / $per_day;
		my $phase = int($n / 5) % 4;
		my $ampere = $in_day < 0.5 ? 0 : (60, -60, 40, -80)[$phase];
		$ampere += 0.02 * gauss();
		my $sum = 0;
		my @mv = map {
			my $mv = 3290 + $offset[$_] + $ampere * $milliohm[$_] + 0.6 * gauss();
			$mv += $drift * $n / $per_day / 7 if $_ == 4;
			$sum += $mv;
			$mv;
		} 0 .. 15;
		printf '{"time":%.6f,"channel":"bus","bms":1,"pack":"north","type":"live","cell_voltages":[%s],'
			. '"total_voltage":%.3f,"current":%.3f,"state_of_charge":50,'
			. "\"full_charge_capacity\":280.000,\"balancing\":false}\n",
			$start + $n * $interval, join(',', map { sprintf '%.3f', $_ / 1000 } @mv),
			$sum / 1000, $ampere;
	}
	my $pack = 0;
	$pack += $_ for @milliohm;
	print STDERR "$milliohm[8] $drift $pack\n";
}

my $what = shift // '';
my %commands = (year => \&year, kills => \&kills, cells => \&cells);
($commands{$what} // die "bank.pl: what?\n")->(@ARGV);
