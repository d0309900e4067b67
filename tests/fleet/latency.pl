#!/usr/bin/perl
# latency.pl FILE: how old each record on stdin is when it comes; passed on.  latency.pl FILE URL: how old
# values are when a VictoriaMetrics shows them, until it is stopped.  FILE gets the ages in seconds, one a
# line, each with its site.
use strict;
use warnings;
use JSON::PP;
use Time::HiRes qw(time sleep);

my ($file, $url) = @ARGV;
$| = 1;
open my $out, '>', $file or die "$file: $!";
$out->autoflush(1);
if (!$url) {
	while (my $line = <STDIN>) {
		printf $out "%.3f %s\n", time - $1, $2
			if $line =~ /^\{"time":([0-9.]+),"channel":"([^"]*)".*"type":"live"/;
		print $line;
	}
	exit;
}
my %seen;
while (1) {
	my $answer = `curl -sf -m 5 '$url/api/v1/query?query=timestamp(jk_power)&nocache=1'`;
	my $now = time;
	my $result = $answer ? decode_json($answer)->{data}{result} : [];
	for my $series (@$result) {
		my $name = "$series->{metric}{channel} $series->{metric}{pack}";
		my $at = $series->{value}[1];
		printf $out "%.3f %s\n", $now - $at, $series->{metric}{channel}
			if defined $seen{$name} && $at > $seen{$name};
		$seen{$name} = $at;
	}
	sleep 0.5;
}
