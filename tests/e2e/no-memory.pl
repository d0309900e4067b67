#!/usr/bin/perl
# no-memory.pl RECORDS SEEN: each value that was published of a pack is that of one of its records.  SEEN has
# lines "topic retained qos payload".
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->allow_nonref->canonical;
my ($records, $seen) = @ARGV;
my (%sent, $checked);

sub text {
	my ($value) = @_;
	return 'null' if !defined $value;
	return $value ? 'true' : 'false' if JSON::PP::is_bool($value);
	return $json->encode([map { text($_) } @$value]) if ref $value eq 'ARRAY';
	return $value =~ /^-?\d+(\.\d+)?$/ ? 0 + $value : "$value";
}

open my $in, '<', $records or die "$records: $!\n";
while (<$in>) {
	my $record = $json->decode($_);
	my $pack = $record->{pack} // ''; # one without a name may be of any that has its address
	next unless $record->{type} =~ /^(live|can|settings|about)$/;
	$sent{$pack}{$_}{text($record->{$_})} = 1 for grep { ref $record->{$_} ne 'HASH' } keys %$record;
}
open my $out, '<', $seen or die "$seen: $!\n";
while (<$out>) {
	my ($pack, $payload) = m{^jk/(\w+)/(?:live|settings|about) \d \d (\{.*\})$} or next;
	my $state = $json->decode($payload);
	for my $key (sort keys %$state) {
		my $values = {%{$sent{$pack}{$key} // {}}, %{$sent{''}{$key} // {}}};
		next unless %$values; # a key of jk-mqtt
		next if $key =~ /^(alarms|pack|label|channel|bms|type)$/;
		next if !defined $state->{$key} || $values->{text($state->{$key})};
		# Two seconds after the last of their frames they are 0.
		next if $key =~ /^can_(alarm_levels|error_bits)$/ && $state->{$key} == 0;
		print "$pack $key: ", text($state->{$key}), "\n";
		exit 1;
	}
	$checked++;
}
print "$checked messages\n";
exit($checked && $checked > 100 ? 0 : 1);
