#!/usr/bin/perl
# old-broker.pl CODE: a broker that knows MQTT 3.1.1 alone, and does not look which protocol it is spoken to
# in.  It answers each CONNECT with CODE, in its own form.  A line each on stdout: "port N", "connect LEVEL",
# "publish TOPIC".
use strict;
use warnings;
use IO::Socket::INET;
$| = 1;
my $code = shift // 0;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5)
	or die "listen: $!";
print 'port ', $listener->sockport, "\n";

sub bytes {
	my ($client, $n) = @_;
	my $all = '';
	while (length $all < $n) {
		read($client, $all, $n - length $all, length $all) or return undef;
	}
	return $all;
}

sub packet {
	my ($client) = @_;
	my ($type, $size, $shift) = (ord(bytes($client, 1) // return), 0, 0);
	for (my $b = 128; $b & 128; $shift += 7) {
		$b = ord(bytes($client, 1) // return);
		$size |= ($b & 127) << $shift;
	}
	return ($type >> 4, $size ? bytes($client, $size) // return : '', $type);
}

while (my $client = $listener->accept) {
	while (my ($type, $body, $head) = packet($client)) {
		if ($type == 1) {
			print 'connect ', ord(substr($body, 6, 1)), "\n";
			syswrite $client, pack('C4', 0x20, 2, 0, $code);
			last if $code;
		} elsif ($type == 3) {
			my $n = unpack 'n', $body;
			print 'publish ', substr($body, 2, $n), "\n";
			syswrite $client, pack('C2', 0x40, 2) . substr($body, 2 + $n, 2) if $head & 6;
		} elsif ($type == 8) {
			syswrite $client, pack('C2', 0x90, 3) . substr($body, 0, 2) . chr 1;
		} elsif ($type == 12) {
			syswrite $client, pack('C2', 0xD0, 0);
		}
	}
	close $client;
}
