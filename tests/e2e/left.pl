#!/usr/bin/perl
# left.pl default|ignore none|line|piped-line COMMAND...: runs the command with a reader that leaves: at once,
# so that stdout is a pipe without a reader, or after the first line, and stdout is a socket or a pipe.
# default, ignore: what SIGPIPE is set to.  Prints the exit status, "signal N", or "still runs"; and "busy"
# if the command used more than half a second of processor time.
use strict;
use warnings;
use Socket;

my ($disposition, $when, @command) = @ARGV;
my ($reader, $writer);
if ($when ne 'line') {
	pipe $reader, $writer or die "pipe: $!";
	close $reader if $when eq 'none';
} else {
	socketpair $reader, $writer, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
}
my $child = fork // die "fork: $!";
if (!$child) {
	close $reader if $when ne 'none';
	open STDOUT, '>&', $writer or die "dup: $!";
	close $writer;
	$SIG{PIPE} = $disposition eq 'ignore' ? 'IGNORE' : 'DEFAULT';
	exec @command or die "$command[0]: $!";
}
close $writer;
if ($when ne 'none') {
	my $line = <$reader>;
	close $reader;
}
$SIG{ALRM} = sub { kill KILL => $child; print "still runs\n"; exit 1 };
alarm($ENV{JK_PATIENCE} // 50);
waitpid $child, 0;
my (undef, undef, $user, $system) = times;
print $? & 127 ? 'signal ' . ($? & 127) : $? >> 8, $user + $system > .5 ? " busy\n" : "\n";
