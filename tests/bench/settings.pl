#!/usr/bin/perl
# settings.pl DIR COMMANDS: sends the commands to DIR/cmd one after the other, each when the last has its
# result, and prints the median, the worst, and how many were confirmed: milliseconds from writing a command
# to the time of its result in DIR/frames.
use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($dir, $count) = @ARGV;
open my $frames, '<', "$dir/frames" or die "$dir/frames: $!\n";
seek $frames, 0, 2;

sub result {
	my ($id) = @_;
	for (my $end = time + 60; time < $end; sleep 0.002) {
		while (my $line = <$frames>) {
			if ($line !~ /\n$/) { # it is still being written
				seek $frames, -length $line, 1;
				last;
			}
			return ($1, $2) if $line =~ /^\(([\d.]+)\) \S+ !write $id \S+ \S+ \S+ (\S+)/;
		}
		seek $frames, 0, 1;
	}
	die "no result for $id\n";
}

my (@ms, $confirmed);
for my $id (1 .. $count) {
	my $bms = 1 + $id % 4;
	my $value = $id / 4 % 2 ? 5 : 6;
	my $sent = time;
	open my $cmd, '>', "$dir/cmd" or die "$dir/cmd: $!\n";
	syswrite $cmd, "$bms discharge_precharge_time $value $id\n";
	close $cmd;
	my ($time, $word) = result($id);
	push @ms, 1000 * ($time - $sent);
	$confirmed += $word eq 'confirmed';
}
@ms = sort { $a <=> $b } @ms;
printf "%d %d %d\n", $ms[$#ms / 2], $ms[-1], $confirmed;
