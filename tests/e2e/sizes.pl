#!/usr/bin/perl
# sizes.pl < MESSAGE: where the bytes of a device's discovery message are, a line for each kind of member,
# with its comma and its key; the last line is the sum.
use strict;
use warnings;
use JSON::PP;

local $/;
my $text = <STDIN>;
chomp $text;
my $json = JSON::PP->new->utf8->allow_nonref;
my $message = $json->decode($text);
my (%bytes, %count);

sub add {
	my ($kind, $n) = @_;
	$bytes{$kind} += $n;
	$count{$kind}++;
}

my $components = delete $message->{cmps};
for my $key (keys %$components) {
	add('keys of components', length($key) + length '"":{},');
	my $c = $components->{$key};
	add($_, length($json->encode($_) . ':' . $json->encode($c->{$_}) . ',')) for keys %$c;
}
my $sum = 0;
$sum += $_ for values %bytes;
add('root', length($text) - $sum);
printf "%-20s %6d bytes, %3d times\n", $_, $bytes{$_}, $count{$_}
	for sort { $bytes{$b} <=> $bytes{$a} || $a cmp $b } keys %bytes;
printf "%d\n", length $text;
