#!/usr/bin/perl
# can.pl expected TSV RECORDS        counts, first, last, lowest and highest values of records of CAN frames
# can.pl sheet SHEET FRAMES RECORDS  each value against what the sheet says of the bytes; own arithmetic
use strict;
use warnings;

sub rows {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	chomp(my @lines = grep { !/^#/ } <$f>);
	my @head = split /\t/, shift @lines;
	return map { my %row; @row{@head} = split /\t/, $_, -1; \%row } @lines;
}

sub lines {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	return grep { !/^#/ } <$f>;
}

sub members {
	my ($record) = @_;
	my ($values) = $record =~ /"type":"can",(.*)\}/ or die "no record of CAN: $record";
	my %members = $values =~ /"(\w+)":("[^"]*"|[^,]+)/g;
	return %members;
}

sub number { return $_[0] eq 'true' ? 1 : $_[0] eq 'false' ? 0 : $_[0] }

sub expected {
	my ($tsv, $records) = @_;
	my %seen;
	for my $record (lines($records)) {
		my %members = members($record);
		push @{ $seen{$_} }, number($members{$_}) for keys %members;
	}
	for my $row (rows($tsv)) {
		my @values = @{ $seen{ $row->{key} } // [] };
		my @sorted = sort { $a <=> $b } @values;
		my %got = (count => scalar @values);
		@got{qw(first last min max)} = (@values[0, -1], @sorted[0, -1]);
		$got{$_} eq $row->{$_} or die "$row->{key}: $_ is $got{$_}, not $row->{$_}\n" for keys %got;
	}
}

my %forms = (u8 => 'C', u16le => 'v', i16le => 's<', u32le => 'V', u16be => 'n');

sub sheet {
	my ($name, $frames, $records) = @_;
	my %of;
	for my $row (rows($name)) {
		next if $row->{key} eq '' || $row->{key} eq 'discharge_time';
		push @{ $of{ hex $row->{id_base} } }, $row;
	}
	my @records = lines($records);
	my $compared = 0;
	for my $line (lines($frames)) {
		my ($id, $data) = $line =~ / (\w+)#(\w+)/ or die $line;
		my %members = members(shift @records);
		for my $row (@{ $of{ hex $id } }) {
			my ($bit, $type) = $row->{type} =~ /^(?:bit(\d):)?(\w+)$/;
			my $bytes = substr pack('H*', $data), $row->{byte}, $row->{length};
			my $value = unpack $forms{$type}, $bytes;
			$value = $value >> $bit & 1 if defined $bit;
			$value = $value * $row->{scale} + $row->{offset};
			my $got = number($members{ $row->{key} });
			abs($got - $value) < 1e-9 or die "$line$row->{key}: $got, not $value\n";
			$compared++;
		}
	}
	$compared > 1000 or die "only $compared values\n";
}

my %modes = (expected => \&expected, sheet => \&sheet);
my $mode = $modes{ shift // '' } or die "usage: can.pl expected|sheet FILES\n";
$mode->(@ARGV);
