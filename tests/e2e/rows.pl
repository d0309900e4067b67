#!/usr/bin/perl
# rows.pl SECONDS FILE...: how many rows a minute Home Assistant would write to its database.
#
# A FILE is a recording of that many seconds, topic retained qos payload.  Each change of the state of an
# entity that is enabled by default is a row.  The states are read as the discovery messages say, by the
# templates of jk-mqtt.  The rows of a device from its discovery on are printed, and with ROWS_BY=1 those of
# each entity.
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->utf8->allow_nonref;
my %long = (p => 'platform', stat_t => 'state_topic', val_tpl => 'value_template', en => 'enabled_by_default',
	cmps => 'components', dev => 'device');
my (%entities, %state, %rows, %by, %first);

sub long {
	my ($given) = @_;
	return { map { ($long{$_} // $_) => $given->{$_} } keys %$given };
}

sub discovery {
	my ($payload) = @_;
	my $root = long($json->decode($payload));
	my $id = long($root->{device})->{name};
	for my $key (sort keys %{ $root->{components} // {} }) {
		my $c = long($root->{components}{$key});
		my $topic = $c->{state_topic} // $root->{state_topic} // next;
		next if exists $c->{enabled_by_default} && !$c->{enabled_by_default};
		$entities{$topic}{"$id $key"} = $c->{value_template} // '';
	}
}

sub field {
	my ($payload, $template) = @_;
	my ($key, $index) = $template =~ /value_json\.(\w+)(?:\[(\d+)\])?/ or die "no value in $template\n";
	my $value = $payload->{$key};
	$value = ref $value eq 'ARRAY' ? $value->[$index] : undef if defined $index;
	return $value;
}

# The state by a template; those of jk-mqtt are of a few forms.
sub rendered {
	my ($payload, $value, $template) = @_;
	return $payload if $template eq '';
	return 'no object' unless ref $value eq 'HASH';
	return 0 + grep { $template =~ /"key":"\Q$_->{key}\E"/ } @{ $value->{alarms} // [] }
		if $template =~ /in value/;
	my $state = field($value, $template);
	return 'None' unless defined $state;
	return $json->canonical->encode($state) if ref $state;
	my ($unit) = $template =~ /\*(\d+)\)\|round/;
	return sprintf '%.0f', $state * $unit if $unit && $state =~ /^-?[\d.]+$/;
	return substr $state, 0, 255;
}

my ($seconds, @files) = @ARGV;
@files or die "usage: rows.pl SECONDS FILE...\n";
@ARGV = @files;
while (<>) {
	chomp;
	my ($topic, undef, undef, $payload) = split / /, $_, 4;
	next unless defined $payload && $payload ne '';
	if ($topic =~ m{/config$}) {
		discovery($payload);
		next;
	}
	my $value = $entities{$topic} && eval { $json->decode($payload) };
	for my $entity (sort keys %{ $entities{$topic} // {} }) {
		my $now = rendered($payload, $value, $entities{$topic}{$entity});
		my ($device) = $entity =~ /^(.*) \w+$/;
		$rows{$device} += 0;
		if (defined $state{$entity} && $state{$entity} ne $now) {
			$rows{$device}++;
			$by{$entity}++;
		}
		$state{$entity} = $now;
	}
}
printf "%s: %.1f rows a minute\n", $_, $rows{$_} * 60 / $seconds for sort keys %rows;
if ($ENV{ROWS_BY}) {
	printf "%8.1f %s\n", $by{$_} * 60 / $seconds, $_
		for sort { $by{$b} <=> $by{$a} || $a cmp $b } keys %by;
}
