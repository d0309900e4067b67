# The one table at the end.
use strict;
use warnings;

our ($dir, %figure, @evidence, $zero, $end);

# These count what is wrong or unexplained: anything but zero fails.
my @wrong = (
	'wrong values', 'wrong packs', 'values out of order', 'bytes recorded that were not sent',
	'bytes lost without a reason', 'frames recorded that were not sent', 'frames lost without a reason',
	'requests heard that were not recorded', 'lines that are no frame lines',
	'lines missing in the recording without a reason', 'frames not decoded without a reason',
	'records without a frame', 'valid frames rejected', 'records lost without a reason',
	'records of jk-alarm that it did not read', 'wrong alarms', 'transitions repeated without a reason',
	'transitions lost without a reason', 'transitions published again without a reason',
	'transitions out of order', 'false alarms of silence', 'packs offline without a reason',
		'transitions published that jk-alarm did not report',
	'commands without a result and a reason', 'commands with several results',
	'commands that could not be sent', 'results without a command',
	'confirmed, but the pack did not hold the value', 'mismatch, but the pack held the value',
	'written in spite of the result', 'writes that nobody commanded', 'writes sent more than twice',
	'CAN frames recorded that were not sent', 'CAN frames lost without a reason',
	'CAN frames recorded too late',
	'CAN records with a wrong value or pack', 'CAN frames not decoded without a reason',
	'CAN values published that were not sent',
	'programs that ended by themselves', 'no value in time after a kill', 'no recovery after a fault',
	'status or health wrong at the end', 'processes left over', 'growth of a program',
);
my @counts = (
	'kills', 'stops', 'bytes sent', 'bytes recorded', 'bytes lost', 'frames sent', 'frames recorded',
		'frames decoded',
	'frames rejected', 'frames sent without an acknowledgement', 'frames lost before the recording',
	'frames recorded, not decoded', 'records lost in jk-alarm', 'damaged records', 'lines captured',
	'lines in the recording', 'messages at the subscriber', 'values published',
	'oldest live value when it was published, s', 'live records whose alarms were checked',
	'live records during an address conflict', 'transitions of jk-alarm',
		'transitions with exactly one message',
	'transitions repeated after a kill', 'packs published as offline', 'commands sent',
		'commands with exactly one result',
	'requests heard', 'writes on the wire', 'CAN frames sent', 'CAN frames recorded',
		'CAN records decoded',
	'CAN values published',
);

sub row {
	my ($name, $value) = @_;
	printf "%-66s %12s\n", $name, $value =~ /\./ ? sprintf '%.1f', $value : $value;
}

sub table_print {
	my ($sent, $published) = @_;
	my $gaps = gaps($sent, $published);
	my @programs = programs();
	print "\n";
	my %done = map { $_ => 1 } @wrong, @counts;
	for my $name (@counts) {
		row($name, $figure{$name} // 0);
	}
	row("  $_", $figure{$_}) for grep { !$done{$_} } sort keys %figure;
	printf "%-66s %12s\n", 'longest gap after a fault ended, or a kill, s (number measured)', '';
	row("  $_ ($gaps->{$_}{count})", sprintf '%.1f', $gaps->{$_}{longest}) for sort keys %$gaps;
	printf "%-14s %22s %22s %22s\n", 'program', 'descriptors', 'RSS, kB', 'PSS, kB';
	printf "%-14s %22s %22s %22s\n", @$_ for @programs;
	my $failed = 0;
	for (@wrong) {
		row($_, $figure{$_} // 0);
		$failed += $figure{$_} // 0;
	}
	row('wrong or unexplained', $failed);
	show_evidence() if @evidence;
	printf "%s: %s; everything is in %s\n", $failed ? 'FAILED' : 'passed', run_words(), $dir;
	return $failed ? 1 : 0;
}

sub run_words {
	my ($seconds, $seed) = ('?', '?');
	read_lines("$dir/zero.log", sub { (undef, undef, $seconds, $seed) = split /\t/, $_[0]
		if $_[0] =~ /\tbegin\t/ });
	return sprintf 'seed %s, %.1f minutes', $seed, ($end - $zero) / 60;
}

# The first three of each kind; all of them are in the file "evidence".
sub show_evidence {
	my %shown;
	open my $out, '>', "$dir/evidence" or die "evidence: $!\n";
	for (sort { $a->{t} <=> $b->{t} } @evidence) {
		my $line = sprintf "%.3f (%.1f s): %s: %s; faults: %s\n", $_->{t}, $_->{t} - $zero,
			$_->{figure}, $_->{words},
			faults_active($_->{t});
		print $out $line;
		print substr($line, 0, 700), length $line > 700 ? "...\n" : '' if $shown{$_->{figure}}++ < 3;
	}
}

# After the end of each fault, the time from when on a live value of each bus that was sent after it is due
# until the subscriber has it; only faults without another one meanwhile.
sub gaps {
	my ($sent, $published) = @_;
	my %gaps;
	my %live;
	push @{$live{$_->{topic} =~ /^jk\/([a-z]+)/ ? $1 : ''}}, $_ for grep { $_->{sent}
		&& $_->{topic} =~ m{/live$} } @$published;
	my @faults = grep { $_->{kind} !~ /^clock/ } faults_all();
	for my $fault (@faults) {
		next if $fault->{to} > $end - 20;
		# A stage that was killed is back within this time; other faults have an end.
		my $is_kill = $fault->{kind} =~ /^kill/;
		my $most = !$is_kill ? 30 : $fault->{kind} =~ /capture-/ ? 2.5 : 2;
		my $begun = $is_kill ? $fault->{from} : $fault->{to};
		my $longest = 0;
		for my $bus (grep { !$sent->{$_}{can} } keys %$sent) {
			next if $fault->{kind} =~ /capture-/ && $fault->{kind} !~ /capture-$bus/;
			my ($first) = grep { $_->{sent} > $begun && !$_->{retained} } @{$live{$bus} // []};
			my $from = value_due($sent->{$bus}, $begun, $fault->{kind} =~ /capture-/) // next;
			my $gap = $first ? $first->{t} - $from : 999;
			next if grep { $_ != $fault
				&& overlaps($_, $begun - .5, $from + $gap) } @faults;
			next if wire_fault($sent->{$bus}, $begun - 1, $from + $gap);
			next if machine_late_s($begun - .5, $from + $gap);
			$longest = $gap if $gap > $longest;
		}
		next unless $longest;
		my $g = $gaps{$fault->{kind}} //= {count => 0, longest => 0};
		$g->{count}++;
		$g->{longest} = $longest if $longest > $g->{longest};
		evidence($is_kill ? 'no value in time after a kill' : 'no recovery after a fault', $begun,
			"$fault->{kind}: $longest s") if $longest > $most;
	}
	wire_gaps($sent, \%live, \%gaps);
	return \%gaps;
}

# From when on a value of this bus is due after a kill: the link has given jk-capture one that was sent
# after it. A jk-capture that was killed must first poll: then from the kill on, unless the link is slow. 
# A frame that was lost counts as those of its pack before it: trusted or not.  undef: none.
sub value_due {
	my ($bus, $begun, $polls) = @_;
	my (%trusted, $m);
	for (grep { $_->{what} eq 'frame' && ($_->{type} // '') eq 'live' } @{$bus->{messages}}) {
		$trusted{$_->{bms}} = $_->{trusted} // $trusted{$_->{bms}};
		last if $_->{t} > $begun + 4;
		next if $_->{t} <= $begun || !$_->{heard} || !$_->{acked} || $_->{state} ne 'valid';
		# Until it is clear which pack sent it, and while two have its address, it is not published.
		next unless $trusted{$_->{bms}};
		$m = $_;
		last;
	}
	return undef unless $m;
	my $transit = link_delay($m->{segment}{options});
	return $polls ? ($transit > .2 ? undef : $begun) : $m->{t} + $transit;
}

# How long the link takes for a frame, in seconds.
sub link_delay {
	my ($bytes, $ms) = $_[0] =~ /--segment (\d+) --segment-delay (\d+)/ or return 0;
	return 308 / $bytes * $ms / 1000;
}

# Whether the simulator is to blame: a segment begins, or its link is down, or nothing is sent.
sub wire_fault {
	my ($bus, $from, $to) = @_;
	return 1 if grep { $_->{at} <= $to && $_->{at} + 8 >= $from } @{$bus->{segments}};
	return 1 if grep { $_->{t} <= $to && $_->{t} >= $from - 8 } @{$bus->{links}} &&
		grep { $_->{what} ne 'stalled' && $_->{t} <= $to && $_->{t} >= $from - 8 } @{$bus->{links}};
	return !grep { $_->{what} eq 'frame' && $_->{heard} && $_->{state} eq 'valid' && $_->{acked}
		&& $_->{t} > $from && $_->{t} < $from + 4 } @{$bus->{messages}};
}

# The same after faults of the wire: those of a segment end with the next, and windows in it.
sub wire_gaps {
	my ($sent, $live, $gaps) = @_;
	for my $bus (grep { !$_->{can} } values %$sent) {
		my @ends;
		for my $n (1 .. $#{$bus->{segments}}) {
			push @ends, map { [$_,
				$bus->{segments}[$n]{begun}] } keys %{$bus->{segments}[$n - 1]{kinds}};
		}
		push @ends, map { ['unplug', $_->{t}] } grep { $_->{what} eq 'plugged' } @{$bus->{links}};
		for my $s (@{$bus->{segments}}) {
			push @ends, map { [$_->[0], $s->{begun} + $_->[1]] } window_ends($s->{options});
		}
		for (@ends) {
			my ($kind, $t) = @$_;
			next if $t > $end - 20;
			my ($first) = grep { $_->{sent} > $t
				&& !$_->{retained} } @{$live->{$bus->{name}} // []};
			my $gap = $first ? $first->{t} - $t : 999;
			next if fault_between_times(qr/^(kill|stop|broker|link)/, $t - 2, $t + $gap);
			my $g = $gaps->{"bus: $kind"} //= {count => 0, longest => 0};
			$g->{count}++;
			$g->{longest} = $gap if $gap > $g->{longest};
		}
	}
}

sub window_ends {
	my ($options) = @_;
	my @ends;
	push @ends, [$1, $2] while $options =~ /--(mute|freeze|refuse|master-at|poller-at) \d+-(\d+)/g;
	return @ends;
}

# Descriptors and memory of each program at the start and at the end.  Growth is judged within the life of
# each
# process: what it has 20 seconds after its start, when it knows all packs, and at its end.
sub programs {
	my (%first, %last, %settled, %begun, @rows);
	read_lines("$dir/samples.log", sub {
		my ($t, $name, $pid, @values) = split /\t/, $_[0];
		$first{$name} //= [@values];
		$last{$name} = [@values];
		$begun{"$name $pid"} //= $t;
		return if $t < $begun{"$name $pid"} + 20 || $name =~ /^(broker|archive)$/;
		my $was = $settled{"$name $pid"} //= [@values];
		growth($t, "$name $pid", $was, \@values) if $values[0] > $was->[0] + 4
			|| $values[1] > $was->[1] * 1.2 + 1000 + kept_kb($name, $begun{"$name $pid"}, $t);
	});
	return map { my $name = $_; [$name, map { "$first{$name}[$_] -> $last{$name}[$_]" } 0 .. 2] } sort
		keys %last;
}

# What jk-tee kept for a branch of which a stage was stopped: the 2 MB of its backlog stay in memory.
sub kept_kb {
	my ($name, $from, $to) = @_;
	my %branches = ('tee-records' => ['mqtt'], 'tee-frames' => ['(?:redact|archive)']);
	return 2048 * grep { fault_between_times(qr/^(?:stop|kill) $_/, $from, $to) }
		@{$branches{$name} // []};
}

my %grown;
sub growth {
	my ($t, $name, $was, $is) = @_;
	return if $grown{$name}++;
	evidence('growth of a program', $t,
		"$name: descriptors $was->[0] -> $is->[0], RSS $was->[1] -> $is->[1] kB");
}

1;
