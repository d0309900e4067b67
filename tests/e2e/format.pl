#!/usr/bin/perl
# A database as HTTP sees it: format.pl PORT CODES LINES.  It answers the requests with the codes in the file
# CODES, one each, the last one again and again, and appends the lines of those that it acknowledges (2xx) to
# LINES.  Code 0 takes the lines, but ends the connection without an answer.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $codes, $lines) = @ARGV;
$SIG{PIPE} = 'IGNORE';
open my $file, '<', $codes or die "$codes: $!";
my @codes = split ' ', join '', <$file>;
my $server = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1, LocalAddr => "127.0.0.1:$port") or die $!;
open my $out, '>>', $lines or die "$lines: $!";
$out->autoflush(1);
while (my $client = $server->accept) {
	my $length = -1;
	while (defined(my $header = <$client>)) {
		$length = $1 if $header =~ /^Content-Length: (\d+)/i;
		print $client "HTTP/1.1 100 Continue\r\n\r\n" if $header =~ /^Expect: 100/i;
		last if $header =~ /^\r?\n$/;
	}
	next if $length < 0; # who looks whether it is there
	my $body = '';
	while (length $body < $length) {
		read $client, $body, $length - length $body, length $body or last;
	}
	my $code = @codes > 1 ? shift @codes : $codes[0];
	print $out $body if $code == 0 || $code =~ /^2/;
	print $client "HTTP/1.1 $code x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" if $code;
	close $client;
}
