#!/usr/bin/perl
# feeder.pl PERIOD LOG RECORD...: writes the records to stdout again and again, each time with the system's
# time and a new total_runtime, as a chain of programs in front would.  SIGUSR1: without the last one, or
# with it again.  A line in LOG for each round.
use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($period, $log, @records) = @ARGV;
my $all = 1;
my $round = 0;
$SIG{USR1} = sub { $all = !$all };
$SIG{PIPE} = sub { exit 0 };
$| = 1;
open my $to, '>', $log or die "$log: $!\n";
$to->autoflush(1);
for (;;) {
	$round++;
	for my $i (0 .. $#records - !$all) {
		my $line = $records[$i];
		my $time = sprintf '%.6f', time;
		$line =~ s/"time":[0-9.]+/"time":$time/;
		$line =~ s/"total_runtime":[0-9]+/"total_runtime":$round/;
		print "$line\n" or exit 0;
	}
	print $to "$round\n";
	sleep $period;
}
