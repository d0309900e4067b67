#!/usr/bin/perl
# kept.pl RECORDING: no discovery message of a recording (lines of topic, retained, qos, payload) takes a
# component away that one before it had, by leaving it out, by its platform alone or by an empty message.
# Prints how many there are; exit status 1 if not so.
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->utf8;
my (%had, $faults, $messages);

sub fault {
	print "$.: ", join(': ', @_), "\n" if $faults++ < 20;
}

while (<>) {
	my ($topic, undef, undef, $payload) = split / /, $_, 4;
	next unless $topic =~ m{^homeassistant/(\w+)/(\w+)/(?:\w+/)?config$};
	chomp $payload;
	$messages++;
	if ($1 ne 'device') {
		fault($topic, 'emptied') if $payload eq '';
		$had{$topic}{$topic} = 1;
		next;
	}
	my $message = eval { $json->decode($payload) } or do { fault($topic, 'no JSON'); next };
	my $now = $message->{cmps} // $message->{components};
	for my $key (sort keys %$now) {
		fault($topic, $key, 'its platform alone') if keys %{ $now->{$key} } == 1;
	}
	for my $key (sort keys %{ $had{$topic} // {} }) {
		fault($topic, $key, 'left out') unless $now->{$key};
	}
	$had{$topic}{$_} = 1 for keys %$now;
}
my $components = 0;
$components += keys %$_ for values %had;
print $messages // 0, " messages, $components components\n";
exit($faults || !$components ? 1 : 0);
