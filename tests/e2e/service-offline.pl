#!/usr/bin/perl
# service-offline.pl SEEN: no pack is reported as offline but one whose jk-mqtt was itself, since the pack was
# online last, or is within the next messages: when jk-mqtt ends it is the last that goes offline.
use strict;
use warnings;
my $next = 10;
my (%online, %offline, $wrong, $seen);
sub wrong {
	my ($pack) = @_;
	print "line $offline{$pack}: $pack is offline\n";
	delete $offline{$pack};
	$wrong++;
}
while (<>) {
	%online = %offline = () if m{^jk/status \S+ \S+ offline};
	wrong($_) for grep { $. > $offline{$_} + $next } sort keys %offline;
	next unless m{^jk/(\S+)/availability \S+ \S+ (online|offline)};
	$seen++;
	wrong($1) if $offline{$1} && $2 eq 'online';
	$offline{$1} = $. if $2 eq 'offline' && $online{$1};
	$online{$1} = $2 eq 'online';
}
wrong($_) for sort keys %offline;
exit(!$seen || $wrong ? 1 : 0);
