#!/usr/bin/perl
# power.pl LOG CUTS SEED DIR: power cuts.  LOG is what power.c logged.  At CUTS random moments DIR/N/ gets two
# states of the files: sure/ has what the disk had been waited for, and cut/ also some of the rest.  Of what was
# written behind the last sync of a file any sectors of 512 bytes may be on the disk, or not; what happened to
# the file as a whole keeps its order.
use strict;
use warnings;

my ($log, $cuts, $seed, $dir) = @ARGV;
srand $seed;
open my $in, '<:raw', $log or die "$log: $!";
my @ops;
while (my $line = <$in>) {
	my ($what, $name, $at, $n) = split ' ', $line;
	my $data;
	read $in, $data, $n;
	push @ops, [$what, $name, $at, $data];
}

sub apply {
	my ($files, $op) = @_;
	my ($what, $name, $at, $data) = @$op;
	if ($what eq 'unlink') {
		delete $files->{$name};
	} elsif ($what eq 'truncate') {
		$files->{$name} = substr($files->{$name} // '', 0, $at);
	} elsif ($what eq 'write') {
		$files->{$name} //= '';
		$files->{$name} .= "\0" x ($at - length $files->{$name}) if $at > length $files->{$name};
		substr($files->{$name}, $at, length $data) = $data;
	}
}

sub put {
	my ($folder, $files) = @_;
	mkdir $folder or die "$folder: $!";
	for my $name (keys %$files) {
		open my $f, '>:raw', "$folder/$name" or die $!;
		print $f $files->{$name};
		close $f;
	}
}

my %at = map { int(rand @ops) => 1 } 1 .. $cuts;
my (%sure, @pending);
my $count = 0;
for my $i (0 .. $#ops) {
	my $op = $ops[$i];
	if ($op->[0] eq 'sync') { # which brings what was removed before, too, as journals of file systems do
		my %now = ($op->[1] => 1, map { $_->[1] => 1 } grep { $_->[0] eq 'unlink' } @pending);
		apply(\%sure, $_) for grep { $now{$_->[1]} } @pending;
		@pending = grep { !$now{$_->[1]} } @pending;
	} else {
		push @pending, $op;
	}
	next unless $at{$i};
	my %cut = %sure;
	my $last = int rand(@pending + 1);
	for my $one (@pending[0 .. $last - 1]) {
		my ($what, $name, $begin, $data) = @$one;
		if ($what ne 'write') {
			apply(\%cut, $one);
			next;
		}
		for (my $from = 0; $from < length $data; $from += 512) {
			apply(\%cut, [$what, $name, $begin + $from, substr $data, $from, 512])
				if rand() < 0.7;
		}
	}
	mkdir "$dir/$count" or die $!;
	put("$dir/$count/sure", \%sure);
	put("$dir/$count/cut", \%cut);
	$count++;
}
print "$count\n";
