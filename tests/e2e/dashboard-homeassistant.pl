#!/usr/bin/perl
# dashboard-homeassistant.pl FILE: a Home Assistant that has only what jk-dashboard asks of it, on a port that
# it prints.  FILE is JSON with its token, entities, devices, dashboards and their configs; it is written
# again after each change.
use strict;
use warnings;
use Digest::SHA 'sha1_base64';
use IO::Socket::INET;
use JSON::PP;

my $file = shift;
my $json = JSON::PP->new->utf8->canonical;
open my $in, '<', $file or die "$file: $!";
my $home = $json->decode(do { local $/; <$in> });
close $in;
$| = 1;
my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die $!;
print 'port ', $server->sockport, "\n";

sub fetch {
	my ($socket, $size) = @_;
	my $data = '';
	while (length $data < $size) {
		read($socket, $data, $size - length $data, length $data) or die "closed\n";
	}
	return $data;
}

# One text of the client; frames of it are masked.
sub receive {
	my $socket = shift;
	my $text = '';
	while (1) {
		my ($first, $size) = unpack 'CC', fetch($socket, 2);
		$size &= 127;
		$size = unpack 'n', fetch($socket, 2) if $size == 126;
		$size = unpack 'Q>', fetch($socket, 8) if $size == 127;
		my $mask = fetch($socket, 4);
		my $data = fetch($socket, $size);
		$text .= $data ^ substr $mask x (length($data) / 4 + 1), 0, length $data;
		die "closed\n" if ($first & 15) == 8;
		return $json->decode($text) if $first & 128;
	}
}

sub answer {
	my ($socket, $message) = @_;
	my $text = $json->encode($message);
	my $size = length $text;
	print $socket pack('C', 129), $size < 126 ? pack('C', $size) :
		$size < 65536 ? pack('Cn', 126, $size) : pack('CQ>', 127, $size), $text;
	$socket->flush;
}

sub keep {
	open my $out, '>', "$file.new" or die $!;
	print $out $json->encode($home);
	close $out or die $!;
	rename "$file.new", $file or die $!;
}

sub refuse { return { error => { code => $_[0], message => $_[1] } } }

my %commands = (
	'config/entity_registry/list' => sub { return { result => $home->{entities} } },
	'config/device_registry/list' => sub { return { result => $home->{devices} } },
	'lovelace/dashboards/list' => sub { return { result => $home->{dashboards} } },
	'lovelace/dashboards/create' => sub {
		my $m = shift;
		push @{ $home->{dashboards} }, { id => $m->{url_path} =~ tr/-/_/r, url_path => $m->{url_path},
			title => $m->{title}, icon => $m->{icon}, mode => 'storage' };
		keep();
		return { result => $home->{dashboards}[-1] };
	},
	'lovelace/dashboards/update' => sub {
		my $m = shift;
		my ($one) = grep { $_->{id} eq $m->{dashboard_id} } @{ $home->{dashboards} };
		return refuse('not_found', 'not found') if !$one;
		$one->{title} = $m->{title};
		keep();
		return { result => $one };
	},
	'lovelace/config' => sub {
		my $config = $home->{configs}{ $_[0]{url_path} };
		return $config ? { result => $config } : refuse('config_not_found', 'No config found.');
	},
	'lovelace/config/save' => sub {
		my $m = shift;
		return refuse('unauthorized', 'Unauthorized') if $home->{not_admin};
		$home->{configs}{ $m->{url_path} } = $m->{config};
		$home->{saves}++;
		keep();
		return { result => undef };
	});

while (my $socket = $server->accept) {
	binmode $socket;
	eval {
		my $key;
		while (defined(my $line = <$socket>)) {
			$key = $1 if $line =~ /^Sec-WebSocket-Key:\s*(\S+)/i;
			last if $line =~ /^\r?\n$/;
		}
		my $proof = sha1_base64("${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
		print $socket "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n",
			"Connection: Upgrade\r\nSec-WebSocket-Accept: $proof=\r\n\r\n";
		answer($socket, { type => $home->{greeting} // 'auth_required' });
		my $token = receive($socket)->{access_token} // '';
		answer($socket, { type => $token eq $home->{token} ? 'auth_ok' : 'auth_invalid' });
		while (1) {
			my $m = receive($socket);
			my $command = $commands{ $m->{type} };
			my $done = $command ? $command->($m) : refuse('unknown_command', 'Unknown command.');
			answer($socket, { id => $m->{id}, type => 'result',
				success => $done->{error} ? JSON::PP::false : JSON::PP::true, %$done });
		}
	};
	close $socket;
}
