#!/usr/bin/perl
# can-bus.pl LIBRARY LOG COMMAND...: runs the command with a CAN interface can0 (can-bus.c, compiled as
# LIBRARY) on which the frames of LOG, as candump -L writes them, are sent at their own pace, again and again.
# Its exit status is that of the command.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time sleep);

my ($library, $log, @command) = @ARGV;
socketpair(my $bus, my $end, AF_UNIX, SOCK_DGRAM, 0) or die "socketpair: $!\n";
my $child = fork // die "fork: $!\n";
if ($child == 0) {
	close $bus;
	$^F = 1000;
	open my $kept, '<&', $end or die "dup: $!\n";
	$ENV{CAN_FD} = fileno $kept;
	$ENV{LD_PRELOAD} = $library;
	$ENV{ASAN_OPTIONS} = 'verify_asan_link_order=0:detect_leaks=0';
	exec @command or die "$command[0]: $!\n";
}
close $end;

open my $f, '<', $log or die "$log: $!\n";
my @frames;
while (<$f>) {
	my ($at, $id, $data) = /^\((\d+\.\d+)\) +\S+ ([0-9A-F]+)#((?:[0-9A-F]{2})*)\s/ or next;
	my $number = hex $id;
	$number |= 0x80000000 if length $id == 8 && $number < 0x20000000;
	push @frames, [$at, pack 'L C x3 a8', $number, length($data) / 2, pack 'H*', $data];
}
$SIG{CHLD} = 'DEFAULT';
my $over = sub { waitpid($child, 1) == $child };
for (my $begin = time;; $begin = time) {
	for my $frame (@frames) {
		my $left = $begin + $frame->[0] - $frames[0][0] - time;
		sleep $left if $left > 0;
		send $bus, $frame->[1], MSG_DONTWAIT; # nobody may be listening yet
		exit($? >> 8 || $? & 127 && 128 + ($? & 127)) if $over->();
	}
	next if @frames;
	sleep .05;
	exit($? >> 8 || $? & 127 && 128 + ($? & 127)) if $over->();
}
