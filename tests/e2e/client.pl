#!/usr/bin/perl
# client.pl WHERE WORD...   a small client of the simulated bus; WHERE is a local TCP port or a tty's path
#   ADDRESS     polls for a live frame and reads it and its acknowledgement, for four minutes at most
#   ADDRESS?    the same, but expects no answer: reads until nothing has come for a second
#   wait        reads until the other side closes, for four minutes at most
#   quiet       reads for half a second
#   alone       claims the tty for itself (TIOCEXCL)
# Prints what it has read in hex, and then "open", "closed" or "reset".  Exits 1 if it cannot connect.
use strict;
use warnings;
use Fcntl;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($where, @words) = @ARGV;
my $link;
if ($where =~ /^\d+$/) {
	$link = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $where, Timeout => 10) or exit 1;
} else {
	sysopen $link, $where, O_RDWR | O_NOCTTY or exit 1;
}

sub crc {
	my $crc = 0xFFFF;
	for my $byte (unpack 'C*', $_[0]) {
		$crc ^= $byte;
		$crc = $crc & 1 ? $crc >> 1 ^ 0xA001 : $crc >> 1 for 1 .. 8;
	}
	return pack 'v', $crc;
}

my ($heard, $state) = ('', 'open');
# Until there was nothing for so long, or enough of it.
sub hear {
	my ($seconds, $enough) = @_;
	while ($state eq 'open' && IO::Select->new($link)->can_read($seconds)) {
		my $n = sysread $link, $heard, 4096, length $heard;
		$state = $n ? 'open' : !defined $n && $!{ECONNRESET} ? 'reset' : 'closed';
		return if $enough && $heard =~ $enough;
	}
}

for my $word (@words) {
	if ($word eq 'wait') {
		hear(240);
	} elsif ($word eq 'quiet') {
		hear(.5);
	} elsif ($word eq 'alone') {
		ioctl $link, 0x540C, 0 or die "ioctl: $!\n";
	} else {
		my $seconds = $word =~ s/\?$// ? 1 : 240;
		my $ack = pack 'CCnn', $word, 0x10, 0x1620, 1;
		my $request = $ack . pack 'Cn', 2, 0;
		syswrite $link, $request . crc($request);
		hear($seconds, qr/\x55\xAA\xEB\x90.*\Q$ack\E..$/s);
	}
}
print uc unpack('H*', $heard), "\n" if length $heard;
print "$state\n";
