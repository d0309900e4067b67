#!/usr/bin/perl
# odd-broker.pl SLICE SLICES: a broker that sends what no broker should: properties that nobody knows and each
# that is known, in every packet; packets of reserved types; lengths that are none; CONNACK with odd codes;
# packets that are cut off, floods.  Each is tried instead of CONNACK and in the place of an acknowledgement.
# Of all of these it does the slice SLICE of SLICES, a connection after the other, and then behaves.
#
# odd-broker.pl limit BYTES: it behaves, but closes the connection for a packet longer than that; MQTT 5 is
# told so first.
#
# A line each on stdout: "port N", "connect LEVEL", "odd NAME", "normal", "publish TOPIC SIZE OF ITS PACKET",
# "too long TOPIC SIZE".
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);
$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($slice, $slices) = @ARGV;
my $limit = $slice eq 'limit' ? $slices : 0;

# ---- packets ----

sub varint {
	my ($n) = @_;
	my $bytes = '';
	do {
		my $byte = $n % 128;
		$n = int($n / 128);
		$bytes .= chr($byte | ($n ? 128 : 0));
	} while $n;
	return $bytes;
}

sub packet { my ($head, $body) = @_; return chr($head) . varint(length $body) . $body }
sub text { my ($text) = @_; return pack('n', length $text) . $text }
sub flood {
	my ($head) = @_;
	return join '', map { packet($head, text('jk/status') . pack('n', $_) . 'offline') } 1 .. 3000;
}

my @properties = (
	map({ [sprintf('%02X', $_), chr $_] } 0 .. 0x2B, 0x40, 0x7F),
	['8001', "\x80\x01"], ['FFFFFF7F', "\xFF\xFF\xFF\x7F"], ['FFFFFFFF', "\xFF\xFF\xFF\xFF\xFF"]);

# What stands behind the identifier: a number, a text, two texts, nothing.
sub with_property {
	my ($head, $before, $id) = @_;
	return map { packet($head, $before . varint(length($id) + length) . $id . $_) } "\0\0\0\x14",
		text('a'), text('a') . text('b'), '';
}

my @first = ( # what may stand in the place of CONNACK
	map({ my ($name, $id) = @$_; ["CONNACK with property $name", with_property(0x20, "\0\0", $id)] }
		@properties),
	map({ ["CONNACK with code $_", packet(0x20, pack 'CC', 0, $_)] } 2, 3, 6, 7, 127, 128, 132, 135, 255),
	map({ ["CONNACK with flags $_", packet(0x20, pack('CC', $_, 0))] } 1, 2, 255),
	['CONNACK twice', packet(0x20, "\0\0") x 2],
	['CONNACK without a code', packet(0x20, "\0")],
	['CONNACK of nothing', packet(0x20, '')],
	['CONNACK of 300 bytes', packet(0x20, "\0" x 300)]);
my @later = (
	map({ my ($name, $id) = @$_; (
		["PUBLISH with property $name", (with_property(0x30, text('jk/status'), $id))[0]],
		["PUBACK with property $name", (with_property(0x40, pack('nC', 1, 0), $id))[0]],
		["SUBACK with property $name", (with_property(0x90, pack('n', 1), $id))[0]],
		["DISCONNECT with property $name", (with_property(0xE0, "\0", $id))[0]]) } @properties),
	map({ my $head = $_; map({ [sprintf('head %02X, %d bytes', $head, length), packet($head, $_)] }
		'', "\0\1", "\xFF" x 40) }
		map { (16 * $_, 16 * $_ + 2, 16 * $_ + 15) } 0 .. 15),
	['a length of five bytes', "\x30\xFF\xFF\xFF\xFF\xFF\xFF"],
	['a length of 256 MB', "\x30\xFF\xFF\xFF\x7F" . text('jk/status') . 'x' x 5000],
	['a length that is cut off', "\x30\xFF"],
	['a packet that is cut off', "\x30\x7F" . text('jk/status')],
	['a topic of nothing', packet(0x30, text('') . 'x')],
	['a topic with NUL', packet(0x30, text("jk/\0/status") . 'x')],
	['a topic that is no UTF-8', packet(0x30, text("jk/\xFF\xC0/status") . 'x')],
	['a topic with wildcards', packet(0x30, text('jk/+/#') . 'x')],
	['a topic longer than its packet', packet(0x30, "\xFF\xFFx")],
	['a topic of 64 kB', packet(0x30, text('x' x 65535) . 'x')],
	['a message of 1 MB', packet(0x30, text('homeassistant/status') . 'x' x 1000000)],
	['QoS 3', packet(0x36, text('jk/status') . "\0\1x")],
	['QoS 1 without an identifier', packet(0x32, text('jk/status'))],
	['QoS 1 with identifier 0', packet(0x32, text('jk/status') . "\0\0")],
	['a flood of QoS 0', packet(0x30, text('jk/bms_1/availability') . 'offline') x 3000],
	['a flood of QoS 1', flood(0x32)],
	['a flood of QoS 2', flood(0x34)],
	['a flood of acknowledgements', join '', map { packet(0x40, pack 'n', $_) } 0 .. 5000],
	['a flood of PUBREC', join '', map { packet(0x50, pack 'n', $_) } 0 .. 5000],
	['a flood of PUBREL', join '', map { packet(0x62, pack 'n', $_) } 0 .. 5000],
	['a flood of PUBCOMP', join '', map { packet(0x70, pack 'n', $_) } 0 .. 5000],
	['a flood of PINGRESP', packet(0xD0, '') x 50000],
	['a flood of PINGREQ', packet(0xC0, '') x 5000],
	['a flood of CONNACK', packet(0x20, "\0\0") x 3000],
	map({ my $n = $_; srand $n; ["noise $n", join '', map { chr int rand 256 } 1 .. 400] } 1 .. 40));

# ---- connections ----

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5)
	or die "listen: $!";
print 'port ', $listener->sockport, "\n";

# Until so many bytes are there or the time is over; undef at the end.
my %rest;
sub bytes {
	my ($client, $n, $until) = @_;
	my $rest = \$rest{$client};
	$$rest //= '';
	while (length $$rest < $n) {
		return if $until && time > $until;
		next if $until && !IO::Select->new($client)->can_read($until - time);
		sysread($client, $$rest, 65536, length $$rest) or return;
	}
	return substr $$rest, 0, $n, '';
}

# Head, body, and the size of a packet.
sub read_packet {
	my ($client, $until) = @_;
	my $head = ord(bytes($client, 1, $until) // return);
	my ($size, $shift, $whole) = (0, 0, 1);
	for (my $b = 128; $b & 128; $shift += 7) {
		$b = ord(bytes($client, 1) // return);
		$size |= ($b & 127) << $shift;
		$whole++;
	}
	return ($head, $size ? bytes($client, $size) // return : '', $whole + $size);
}

# Whether the connection is still there, having been written to, and for some time.
sub put {
	my ($client, $what) = @_;
	$client->blocking(0);
	for (my $until = time + 5; length $what && time < $until;) {
		my $n = syswrite $client, $what, 65536;
		substr $what, 0, $n, '' if $n;
		last if !defined $n && !$!{EAGAIN};
		my $ignored;
		IO::Select->new($client)->can_read(0.001) and (sysread($client, $ignored, 65536) or last);
	}
	return if length $what;
	for (my $until = time + 0.1; time < $until;) {
		my $ignored;
		next if !IO::Select->new($client)->can_read($until - time);
		sysread $client, $ignored, 65536 or return;
	}
	return 1;
}

# Answers a packet as a broker does.  With MQTT 5 acknowledgements may be without a reason.
my $level = 4;
sub answer {
	my ($client, $head, $body, $whole) = @_;
	my $type = $head >> 4;
	if ($type == 1) {
		$level = ord substr $body, 6, 1;
		print "connect $level\n";
		my $properties = $level < 5 ? '' : $limit ? varint(5) . "\x27" . pack('N', $limit) : "\0";
		syswrite $client, packet(0x20, "\0\0$properties");
	} elsif ($type == 3) {
		my $n = unpack 'n', $body;
		my $topic = substr $body, 2, $n;
		if ($limit && $whole > $limit) {
			print "too long $topic $whole\n";
			return;
		}
		print "publish $topic $whole\n";
		print "publish $topic dropped $1\n" if $body =~ /"dropped":(\d+)/;
		syswrite $client, packet(0x40, substr $body, 2 + $n, 2) if $head & 6;
	} elsif ($type == 8) {
		syswrite $client, packet(0x90, substr($body, 0, 2) . ($level < 5 ? '' : "\0") . "\1");
	} elsif ($type == 12) {
		syswrite $client, packet(0xD0, '');
	}
	return 1;
}

sub behave {
	my ($client) = @_;
	while (my ($head, $body, $whole) = read_packet($client)) {
		answer($client, $head, $body, $whole) or return;
	}
}

# As a broker does, to the first message.
sub until_publish {
	my ($client) = @_;
	while (my ($head, $body, $whole) = read_packet($client, time + 5)) {
		return 1 if $head >> 4 == 3;
		answer($client, $head, $body, $whole);
	}
	return;
}

# Each is [0: in the place of CONNACK, NAME, WHAT...] or [1: in that of an acknowledgement].
sub at {
	my ($place, @what) = @_;
	return map { my $odd = $_; map { [$place, $odd->[0], $_] } @$odd[1 .. $#$odd] } @what;
}
sub some { my (@all) = @_; return @all[map { $_ * 7 } 0 .. $#all / 7] }
my @odd = (at(0, @first, some(@later)), at(1, some(@first), @later));
@odd = $slice eq 'limit' ? () : @odd[grep { $_ % $slices == $slice } 0 .. $#odd];

while (my $client = $listener->accept) {
	%rest = ();
	if (!@odd) {
		print "normal\n";
		behave($client);
		next;
	}
	if ($odd[0][0] == 0) {
		read_packet($client, time + 5);
		print "odd $odd[0][1]\n";
		put($client, (shift @odd)->[2]);
		next;
	}
	until_publish($client) or next;
	my $there = 1;
	while ($there && @odd && $odd[0][0] == 1) {
		print "odd $odd[0][1]\n";
		$there = put($client, (shift @odd)->[2]);
	}
	close $client; # else a client that waits for the rest of a packet stays until its keep-alive is over
}
