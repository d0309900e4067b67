#!/usr/bin/perl
# Records for the tests of jk-history and jk-query, and what the history of them is, computed here.
#
#   history.pl records BEGIN SECONDS INTERVAL PACKS   live records of packs with 16 cells, and of their bank
#   history.pl minutes < RECORDS                      lines TIME PACK RECORDS and the columns of a minute
#   history.pl steps SECONDS KEY < RECORDS            the means of the minutes' means, TIME PACK MEAN
#   history.pl kills N FILE DB SEED                   jk-history is killed N times while it is fed with FILE;
#                                                     prints what is wrong with the minutes of DB
#   history.pl late < RECORDS                         the same, of which every 50th comes 3 minutes late
use strict;
use warnings;

my @columns = qw(power current total_voltage delta_cell_voltage);
my @last = qw(state_of_charge capacity_remaining max_cell_voltage min_voltage_cell mosfet_temperature);

sub live {
	my ($time, $pack, $ampere) = @_;
	my @cells = map { 3.265 + ($pack * 7 + $_ * 3) % 9 / 1000 } 1 .. 16;
	$cells[4] += 0.012 if int(($time + 420) / 1800) % 3 == 1; # moves against the others
	my ($sum, $max, $min, $min_cell) = (0, 0, 9, 0);
	for (0 .. 15) {
		$sum += $cells[$_];
		$max = $cells[$_] if $cells[$_] > $max;
		($min, $min_cell) = ($cells[$_], $_ + 1) if $cells[$_] < $min;
	}
	my $watt = sprintf '%.3f', sprintf('%.3f', $sum) * $ampere;
	printf '{"time":%.6f,"channel":"bus","bms":%d,"pack":"pack%d","type":"live","cell_voltages":[%s],'
		. '"min_cell_voltage":%.3f,"max_cell_voltage":%.3f,"delta_cell_voltage":%.3f,'
		. '"min_voltage_cell":%d,"max_voltage_cell":1,"mosfet_temperature":%.1f,'
		. '"total_voltage":%.3f,"current":%.3f,"power":%s,"temperature_sensor_1":%.1f,'
		. '"temperature_sensor_2":%.1f,"state_of_charge":%d,'
		. "\"capacity_remaining\":%.3f,\"full_charge_capacity\":280.000}\n",
		$time, $pack, $pack, join(',', map { sprintf '%.3f', $_ } @cells), $min, $max, $max - $min,
		$min_cell, 25.3 + $pack, $sum, $ampere, $watt, 21.5, 22.25, 50 + $pack, 140.125 + $pack;
	return $watt;
}

sub records {
	my ($begin, $seconds, $interval, $packs) = @_;
	for (my $t = 0; $t < $seconds; $t += $interval) {
		my $sum = 0;
		for my $pack (1 .. $packs) {
			my $time = $begin + $t + $pack / 10;
			my $ampere = 40 * sin($time / 3600 + $pack) + ($t * 7919 + $pack * 31) % 97 / 40;
			$sum += live($time, $pack, sprintf '%.3f', $ampere);
		}
		printf '{"time":%.6f,"channel":"","bms":null,"bank":"bank","type":"bank","packs_known":%d,'
			. '"packs_heard":%d,"total_voltage":52.250,"current":%.3f,"power":%.3f,'
			. '"state_of_charge":51.5,'
			. "\"capacity_remaining\":560.500,\"stored_wh\":29286.125}\n",
			$begin + $t + 0.9, $packs, $packs, $sum / 52.25, $sum;
	}
}

# Integers of thousandths: sums of them are exact.
sub milli { int(1000 * $_[0] + ($_[0] < 0 ? -0.5 : 0.5)) }
sub mean { my ($sum, $n) = @_; sprintf '%d', $sum / $n + ($sum < 0 ? -0.5 : 0.5) }
sub value { $_[0] =~ /"$_[1]":(-?[0-9.]+)/ ? milli($1) : undef }

# %{minute}{pack}: records, and of each column sum, min, max, or last
sub read_minutes {
	my %minutes;
	while (my $line = <STDIN>) {
		my ($time, $pack) = $line =~ /^\{"time":([0-9.]+).*"pack":"(\w+)","type":"live"/ or next;
		my $m = $minutes{60 * int $time / 60}{$pack} //= {};
		$m->{records}++;
		for (@columns) {
			my $v = value($line, $_);
			$m->{$_} += $v;
			$m->{"$_ min"} = $v if !defined $m->{"$_ min"} || $v < $m->{"$_ min"};
			$m->{"$_ max"} = $v if !defined $m->{"$_ max"} || $v > $m->{"$_ max"};
		}
		next if defined $m->{at} && $m->{at} > $time;
		$m->{at} = $time;
		$m->{$_} = value($line, $_) for @last;
	}
	return \%minutes;
}

sub minutes {
	my $minutes = read_minutes();
	for my $time (sort { $a <=> $b } keys %$minutes) {
		for my $pack (sort keys %{$minutes->{$time}}) {
			my $m = $minutes->{$time}{$pack};
			my @values = map { (mean($m->{$_}, $m->{records}), $m->{"$_ min"}, $m->{"$_ max"}) }
				@columns;
			print join(' ', $time, $pack, $m->{records}, @values, map { $m->{$_} } @last), "\n";
		}
	}
}

sub steps {
	my ($length, $key) = @_;
	my ($minutes, %sum, %count) = read_minutes();
	for my $time (keys %$minutes) {
		for my $pack (keys %{$minutes->{$time}}) {
			my $step = $length * int($time / $length) . " $pack";
			my $m = $minutes->{$time}{$pack};
			$sum{$step} += mean($m->{$key}, $m->{records});
			$count{$step}++;
		}
	}
	print "$_ ", mean($sum{$_}, $count{$_}), "\n" for sort keys %sum;
}

sub late {
	my (@late, $n);
	while (<STDIN>) {
		push @late, [$., $_] and next if ++$n % 50 == 0;
		print;
		print((shift @late)->[1]) while @late && $late[0][0] < $. - 400;
	}
	print $_->[1] for @late;
}

# ---- kills ----

sub db { my ($db, $sql) = @_; return split /\n/, `sqlite3 '$db' "$sql"` }

# What was in the file before stays in it, and what a run adds is whole minutes but for those at its ends.
sub kills {
	my ($n, $file, $db, $seed) = @_;
	srand $seed;
	open my $in, '<', $file or die;
	my @lines = <$in>;
	my ($at, %had) = (0);
	for my $run (1 .. $n) {
		my $count = int(@lines / $n);
		my $pid = open my $out, '|-', 'jk-history', '-f', $db or die;
		local $SIG{PIPE} = 'IGNORE';
		$out->autoflush(1);
		my $until = rand 1;
		for (0 .. 9) {
			print $out @lines[$at + $_ * $count / 10 .. $at + ($_ + 1) * $count / 10 - 1];
			select undef, undef, undef, $until / 10;
		}
		$at += $count;
		kill 'KILL', $pid;
		close $out;
		my @wrong = db($db, "pragma quick_check");
		print "run $run: @wrong\n" if "@wrong" ne 'ok';
		my %has = map { split /=/ }
			db($db, "select time || ' ' || pack || '=' || records from minute");
		for (keys %had) {
			print "run $run: $_ had $had{$_} records, has ", $has{$_} // 'none', "\n"
				if !defined $has{$_} || $has{$_} < $had{$_};
		}
		%had = %has;
	}
	print "nothing was written\n" if !%had;
}

my $command = shift // '';
my %commands = (records => \&records, minutes => \&minutes, steps => \&steps, late => \&late,
	kills => sub { require IO::Handle; kills(@_) });
($commands{$command} // die "history.pl: no such command\n")->(@ARGV);
