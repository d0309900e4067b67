#!/usr/bin/perl
# A broker of MQTT 3.1.1 that knows no MQTT 5 and does nothing but acknowledge.  Prints "port N", then a line
# for each CONNECT with its protocol level, and for each PUBLISH with its topic.  With an argument it lets
# every client in and cuts it off at once, every second time in the middle of its words.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
$| = 1;
my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die "$!\n";
print 'port ', $server->sockport, "\n";

sub bytes {
	my ($client, $n) = @_;
	my $got = '';
	while (length $got < $n) {
		sysread($client, $got, $n - length $got, length $got) or return;
	}
	return $got;
}

sub packet {
	my ($client) = @_;
	my $head = bytes($client, 1) // return;
	my ($size, $shift) = (0, 0);
	while (1) {
		my $byte = ord(bytes($client, 1) // return);
		$size |= ($byte & 127) << $shift;
		$shift += 7;
		last unless $byte & 128;
	}
	return (ord $head, $size ? bytes($client, $size) : '');
}

my $number = 0;
while (my $client = $server->accept) {
	if (@ARGV) {
		packet($client);
		print "connect\n";
		syswrite $client, pack('C5', 0x20, 3, 0, 0, 0);
		select undef, undef, undef, .1;
		setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ll', 1, 0) if $number++ % 2;
		close $client;
		next;
	}
	while (my ($type, $body) = packet($client)) {
		if ($type >> 4 == 1) {
			my $level = ord substr $body, 6, 1;
			print "connect $level\n";
			syswrite $client, pack('C4', 0x20, 2, 0, $level == 4 ? 0 : 1);
			last if $level != 4;
		} elsif ($type >> 4 == 3) {
			my $n = unpack 'n', $body;
			print 'publish ', substr($body, 2, $n), "\n";
			syswrite $client, pack('C2 a2', 0x40, 2, substr $body, 2 + $n, 2) if $type & 6;
		} elsif ($type >> 4 == 8) {
			my $n = unpack 'x2 n', $body;
			syswrite $client, pack('C2 a2 C', 0x90, 3, substr($body, 0, 2), 1);
		} elsif ($type >> 4 == 12) {
			syswrite $client, pack('C2', 0xD0, 0);
		}
	}
	close $client;
}
