#!/usr/bin/perl
# service-offline.pl SEEN: no pack is reported as offline but one whose jk-mqtt was itself, since the pack was
# online last.
use strict;
use warnings;
my (%online, $wrong, $seen);
while (<>) {
	%online = () if m{^jk/status \S+ \S+ offline};
	next unless m{^jk/(\S+)/availability \S+ \S+ (online|offline)};
	$seen++;
	print "line $.: $1 is offline\n" and $wrong++ if $2 eq 'offline' && $online{$1};
	$online{$1} = $2 eq 'online';
}
exit(!$seen || $wrong ? 1 : 0);
