#!/usr/bin/perl
# stream.pl raw FRAMES RAW           the hex of all R, !junk and !orphan lines is the raw byte stream (+ what was !lost)
# stream.pl sent LOG FRAMES RECORDS  each frame that the simulated bus sent whole, with its acknowledgement, is there, in
#                                    order, and no other; its record has the values that the model had, and a frame that
#                                    contradicts itself is rejected
# stream.pl among LOG FRAMES RECORDS the same, where not all that was sent was heard: begin and end may be missing
use strict;
use warnings;

sub lines { my ($name) = @_; open my $f, '<', $name or die "$name: $!\n"; return $f }

sub wire_hex {
	my ($line) = @_;
	return $1 if $line =~ /^\([\d.]+\) \S+ [0-9A-F]{2}#([0-9A-F]+)(?: R)?$/;
	return $1 if $line =~ /^\([\d.]+\) \S+ !(?:junk|orphan) ([0-9A-F]+)$/;
	return '';
}

sub raw {
	my ($frames, $raw) = @_;
	my ($f, $r) = (lines($frames), lines($raw));
	my ($at, $lost) = (0, 0);
	binmode $r;
	while (<$f>) {
		chomp;
		length > 1023 and die "$frames:$.: too long\n";
		if (/ !lost (\d+) (\d+)$/) {
			read($r, my $skipped, $2);
			$at += $2;
			$lost += $2;
		}
		my $hex = wire_hex($_) or next;
		my $n = read($r, my $bytes, length($hex) / 2);
		uc unpack('H*', $bytes) eq $hex or die "$frames:$.: differs from the raw bytes at $at\n";
		$at += $n;
	}
	read($r, my $rest, 1) and die "the raw bytes from $at on are missing\n";
	print "$at bytes, $lost of them lost\n";
}

# The log is made of lines whose objects have few forms: a whole JSON parser would take minutes for a day of it.
sub next_sent {
	my ($log) = @_;
	while (<$log>) {
		next unless /"what":"frame"/ && /"acked":true/;
		my ($state) = /"state":"(\w+)"/;
		next unless $state eq 'sound' || $state eq 'contradicting';
		my ($bms) = /"bms":(\d+)/;
		my ($hex) = /"hex":"([0-9A-Fa-f]+)"/;
		my ($values) = /"values":\{(.*?)\}/;
		return { state => $state, bms => $bms, hex => uc $hex, values => $values };
	}
	return;
}

sub split_values {
	my ($text) = @_;
	my %values;
	$values{$1} = $2 while $text =~ /"(\w+)":(\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,}]+)/g;
	return \%values;
}

sub same {
	my ($sent, $decoded) = @_;
	return 1 if $sent eq $decoded;
	if ($sent =~ /^\[/ && $decoded =~ /^\[/) {
		my @sent = $sent =~ /[^\[\],]+/g;
		my @decoded = $decoded =~ /[^\[\],]+/g;
		return @sent == @decoded && !grep { !same($sent[$_], $decoded[$_]) } 0 .. $#sent;
	}
	return $sent == ($decoded eq 'true') if $sent =~ /^[01]$/ && $decoded =~ /^(?:true|false)$/;
	return $sent =~ /^-?[\d.]+$/ && $decoded =~ /^-?[\d.]+$/ && abs($sent - $decoded) < 1e-9;
}

sub sent {
	my ($log_name, $frames_name, $records_name, $among) = @_;
	my ($log, $frames, $records) = map { lines($_) } ($log_name, $frames_name, $records_name);
	my ($count, $compared, $rejected) = (0, 0, 0);
	while (<$frames>) {
		next unless /^\([\d.]+\) \S+ ([0-9A-F]{2})#(55AAEB90[0-9A-F]+) R$/;
		my ($bms, $hex) = (hex $1, substr $2, 0, 600);
		my $s = next_sent($log) or die "$frames_name:$.: a frame that nobody sent\n";
		while ($among && !$count && ($s->{hex} ne $hex || $s->{bms} != $bms)) {
			$s = next_sent($log) or die "$frames_name:$.: a frame that nobody sent\n";
		}
		$count++;
		$s->{hex} eq $hex && $s->{bms} == $bms or die "$frames_name:$.: expected the frame of $s->{bms}, $s->{hex}\n";
		my $record;
		do { $record = <$records> // die "no record of $frames_name:$.\n" } until $record =~ /"type":"(?:live|settings|about|rejected)"/;
		if ($s->{state} eq 'contradicting') {
			$record =~ /"type":"rejected"/ or die "not rejected: $record";
			$rejected++;
			next;
		}
		$record =~ /"bms":$bms,"type":"(?:live|settings|about)"/ or die "of a sound frame: $record";
		next unless $s->{values};
		my ($want, $got) = (split_values($s->{values}), split_values($record));
		for my $key (keys %$want) {
			exists $got->{$key} or next;
			same($want->{$key}, $got->{$key}) or die "$key: sent $want->{$key}, decoded $got->{$key}: $record";
			$compared++;
		}
	}
	my $s = next_sent($log);
	die "a frame of $s->{bms} is missing after $count: $s->{hex}\n" if $s && !$among;
	while (<$records>) { die "a record of nothing: $_" if /"type":"(?:live|settings|about)"/ }
	die "no frames at all\n" unless $count;
	print "$count frames, $rejected of them rejected, $compared values compared\n";
	die "no values were compared\n" unless $compared;
}

my %modes = (raw => \&raw, sent => \&sent, among => sub { sent(@_, 1) });
my $mode = $modes{ shift // '' } or die "usage: stream.pl raw|sent|among FILES\n";
$mode->(@ARGV);
