#!/usr/bin/perl
# supervisor.pl FOLDER: a Supervisor of a few lines on loopback.  FOLDER/port gets its port.  GET
# /services/mqtt with the token is answered with what is in FOLDER/mqtt.json, or as where there is no
# broker, and GET /addons/self/info with the port in FOLDER/ingress.  FOLDER/asked has a line for each
# request.
use strict;
use warnings;
use IO::Socket::INET;

my ($folder) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5) or die "$!\n";
sub put {
	my ($mode, $name, $text) = @_;
	open my $file, $mode, "$folder/$name" or die "$name: $!\n";
	print $file "$text\n";
	close $file;
}
put('>', 'port', $server->sockport);
while (my $client = $server->accept) {
	my ($request, $token) = ('', '');
	while (my $line = <$client>) {
		$line =~ s/\r?\n//;
		$request ||= $line;
		$token = $1 if $line =~ /^Authorization: Bearer (.*)/i;
		last if $line eq '';
	}
	put('>>', 'asked', $request);
	my ($status, $body) = ('400 Bad Request', '{"result":"error","message":"Service not enabled"}');
	if ($token ne 'the-token') {
		($status, $body) = ('403 Forbidden',
			'{"result":"error","message":"No access to mqtt service!"}');
	} elsif ($request =~ m{^GET /services/mqtt } &&
		open my $file, '<', "$folder/mqtt.json") {
		local $/;
		($status, $body) = ('200 OK', <$file>);
	}
	if ($token eq 'the-token' && $request =~ m{^GET /addons/self/info } &&
		open my $file, '<', "$folder/ingress") {
		chomp(my $port = <$file>);
		($status, $body) = ('200 OK', qq({"result":"ok","data":{"ingress_port":$port}}));
	}
	print $client "HTTP/1.1 $status\r\nContent-Type: application/json\r\n",
		"Content-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
	close $client;
}
