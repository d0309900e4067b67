#!/usr/bin/perl
# stream.pl raw FRAMES RAW              checks that the hex of all R, !junk and !orphan lines is the raw byte
#                                       stream (plus what was !lost)
# stream.pl sent LOG FRAMES RECORDS     checks that each frame that the simulated bus sent whole, with its
#                                       acknowledgement, is there, in order, and no other; that its record has
#                                       the model's values; and that an inconsistent frame is rejected
# stream.pl among LOG FRAMES RECORDS    the same for a bus in real time: the begin and end of each connection
#                                       may be missing, and what was sent while the machine stood still may be
#                                       junk or an orphan, but is there
# stream.pl through LOG FRAMES RECORDS  as among, where nobody knows when something stood still
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

# The log is made of lines whose objects have few forms: a whole JSON parser would take minutes for a day of
# it.
sub frame_of {
	my ($line) = @_;
	return unless $line =~ /"what":"frame"/ && $line =~ /"acked":true,"heard":true/;
	my ($state) = $line =~ /"state":"(\w+)"/;
	return unless $state eq 'valid' || $state eq 'contradicting';
	my ($bms) = $line =~ /"bms":(\d+)/;
	my ($hex) = $line =~ /"hex":"([0-9A-Fa-f]+)"/;
	my ($values) = $line =~ /"values":\{(.*?)\}/;
	return { state => $state, bms => $bms, hex => uc $hex, values => $values };
}

sub next_sent {
	my ($log) = @_;
	while (my $line = <$log>) {
		my $s = frame_of($line) or next;
		return $s;
	}
	return;
}

# All that was sent.  The simulated bus says that it was late before or behind the messages that this
# concerns.
sub all_sent {
	my ($log, $always) = @_;
	my ($stalled, @all) = (0);
	while (my $line = <$log>) {
		if ($line =~ /"what":"stalled"/) {
			$_->{stalled} = 1 for @all[(@all > 2 ? -2 : -@all) .. -1];
			$stalled = 3;
		}
		my $s = frame_of($line) or next;
		$s->{stalled} = $always || $stalled-- > 0;
		push @all, $s;
	}
	return \@all;
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
	my ($log_name, $frames_name, $records_name, $among, $always) = @_;
	my ($log, $frames, $records) = map { lines($_) } ($log_name, $frames_name, $records_name);
	my ($count, $compared, $rejected) = (0, 0, 0);
	my $all = $among && all_sent($log, $always);
	my $next = sub { $all ? shift @$all : next_sent($log) };
	# since the last frame: whether a connection began, and what else was heard
	my ($new, $others) = (1, '');
	while (<$frames>) {
		$new = 1 if / !open /;
		unless (/^\([\d.]+\) \S+ ([0-9A-F]{2})#(55AAEB90[0-9A-F]+) R$/) {
			$others .= wire_hex($_) if $among;
			next;
		}
		my ($bms, $hex) = (hex $1, substr $2, 0, 600);
		my $s = $next->() or die "$frames_name:$.: a frame that nobody sent\n";
		while ($among && ($s->{hex} ne $hex || $s->{bms} != $bms)) {
			my $at = index $others, $s->{hex};
			last unless $new || ($s->{stalled} && $at >= 0);
			$others = substr $others, $at + length $s->{hex} if $at >= 0;
			$s = $next->() or die "$frames_name:$.: a frame that nobody sent\n";
		}
		($new, $others) = (0, '');
		$count++;
		$s->{hex} eq $hex && $s->{bms} == $bms
			or die "$frames_name:$.: expected the frame of $s->{bms}, $s->{hex}\n";
		my $record;
		do { $record = <$records> // die "no record of $frames_name:$.\n" }
			until $record =~ /"type":"(?:live|settings|about|rejected)"/;
		if ($s->{state} eq 'contradicting') {
			$record =~ /"type":"rejected"/ or die "not rejected: $record";
			$rejected++;
			next;
		}
		$record =~ /"bms":$bms,"type":"(?:live|settings|about)"/ or die "of a valid frame: $record";
		next unless $s->{values};
		my ($want, $got) = (split_values($s->{values}), split_values($record));
		for my $key (keys %$want) {
			exists $got->{$key} or next;
			same($want->{$key}, $got->{$key})
				or die "$key: sent $want->{$key}, decoded $got->{$key}: $record";
			$compared++;
		}
	}
	my $s = $next->();
	die "a frame of $s->{bms} is missing after $count: $s->{hex}\n" if $s && !$among;
	while (<$records>) { die "a record of nothing: $_" if /"type":"(?:live|settings|about)"/ }
	die "no frames at all\n" unless $count;
	print "$count frames, $rejected of them rejected, $compared values compared\n";
	die "no values were compared\n" unless $compared;
}

my %modes = (raw => \&raw, sent => \&sent, among => sub { sent(@_, 1) }, through => sub { sent(@_, 1, 1) });
my $mode = $modes{ shift // '' } or die "usage: stream.pl raw|sent|among|through FILES\n";
$mode->(@ARGV);
