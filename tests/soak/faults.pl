# What happened when, and whether it explains a loss.
use strict;
use warnings;

our ($dir, %figure);
our ($zero, $end) = (0, 9e99);
our $real_minus_monotonic = 0;
my (@faults, @stages, %by_bus, %of_kind);

# All faults: kind, from, to, detail; and those of each bus, which are in its simulator.
sub faults_load {
	my ($folder, $sent) = @_;
	read_lines("$folder/zero.log", sub {
		my ($t, $what, $value) = split /\t/, $_[0];
		$real_minus_monotonic = $value - $t if $what eq 'real';
		$zero = $t if $what eq 'begin';
		$end = $t if $what eq 'end';
	});
	read_lines("$folder/faults.log", sub {
		my ($to, $kind, $from, $detail) = split /\t/, $_[0], -1;
		push @faults, {kind => $kind, from => $from, to => $to, detail => $detail};
	});
	read_lines("$folder/stages.log", sub {
		my ($t, $what, $name, $pid, $status) = split /\t/, $_[0], -1;
		push @stages, {t => $t, what => $what, name => $name, pid => $pid, status => $status};
	});
	for my $bus (values %$sent) {
		$by_bus{$bus->{name}} = [bus_faults($bus)];
	}
	@faults = sort { $a->{from} <=> $b->{from} } @faults;
}

# Times at which bytes could not reach the capture: each change of the link, and each change of simulators.
sub bus_faults {
	my ($bus) = @_;
	my @all = map { +{kind => "link $_->{what}", from => $_->{t} - .5, to => $_->{t} + .5} }
		grep { $_->{what} ne 'stalled' } @{$bus->{links}};
	push @all, map { +{kind => 'the machine was too slow', from => $_->{t} - $_->{late} - .3,
		to => $_->{t} + .3} }
		grep { $_->{what} eq 'stalled' && ($_->{late} // 0) > .1 } @{$bus->{links}};
	push @all, map { +{kind => 'simulator restarted', from => $_->{at} - 1, to => $_->{begun} + .5} }
		@{$bus->{segments}};
	return @all;
}

sub faults_all { return @faults }

sub overlaps {
	my ($fault, $from, $to) = @_;
	return $fault->{from} <= $to && $fault->{to} >= $from;
}

# The faults of the run between two times, as words, for evidence.
sub faults_active {
	my ($t) = @_;
	my @active = map { $_->{kind} } grep { overlaps($_, $t - 5, $t + 5) } @faults;
	return @active ? join ', ', @active : 'none';
}

# Why bytes that were sent on this bus at that time did not arrive in the recording; undef: no reason.
sub why_not_captured {
	my ($bus, $t) = @_;
	for (@{$by_bus{$bus}}) {
		return $_->{kind} if overlaps($_, $t - .2, $t + .2);
	}
	for (@faults) {
		return $_->{kind} if $_->{kind} eq "kill capture-$bus" && overlaps($_, $t - 3, $t + 3);
		return $_->{kind} if $_->{kind} eq "stop capture-$bus" && overlaps($_, $t - .5, $t + .5);
	}
	# It was killed with all that it held while a stage behind it was stopped.
	my $why = why_not_passed($t, "capture-$bus");
	return $why if $why;
	return $t < $zero + 3 ? 'start of the run' : undef;
}

# Why a line that reached the first of these stages at that time did not leave the last: one was killed while
# it held the line, which may have waited as long as a stage was stopped or away; or the line before was cut
# by a kill, and this one was glued to it.
sub why_not_passed {
	my ($t, @names) = @_;
	my $until = held_until($t);
	my %named = map { ("kill $_" => 1) } @names;
	for (grep { $named{$_->{kind}} } @faults) {
		return $_->{kind} if overlaps($_, $t - 3, $until);
	}
	return $t > $end - 1 ? 'end of the run' : undef;
}

# Until when a line of that time may have waited in a pipe: a stage behind it was stopped or away.
sub held_until {
	my ($t) = @_;
	my $until = $t + 3;
	for my $stop (grep { $_->{kind} =~ /^(stop |kill |disk)/ } @faults) {
		$until = $stop->{to} + 3 if overlaps($stop, $t - 3, $until) && $stop->{to} + 3 > $until;
	}
	return $until;
}

# The seconds between two times in which the soak itself, which looks at the clock all the time, did not run.
my $late;
sub machine_late_s {
	my ($from, $to) = @_;
	unless ($late) {
		$late = [];
		read_lines("$dir/others.log", sub {
			my ($t, $what, $seconds) = split /\t/, $_[0];
			push @$late, [$t - $seconds, $t] if $what eq 'late';
		});
	}
	my $sum = 0;
	$sum += $_->[1] - $_->[0] for grep { $_->[0] <= $to && $_->[1] >= $from } @$late;
	return $sum;
}

# The same for the simulator that heard this request.
sub sim_late_s {
	my ($m) = @_;
	my $sum = 0;
	$sum += $_->{late}
		for grep { $_->{what} eq 'stalled' && $_->{t} > $m->{t} - 3 && $_->{t} <= $m->{t} + .1 }
		@{$m->{segment}{stalls}};
	return $sum;
}

# Whether a fault of one of these kinds (a pattern) was there between two times.
sub fault_between_times {
	my ($pattern, $from, $to) = @_;
	my $those = $of_kind{$pattern} //= [grep { $_->{kind} =~ $pattern } @faults];
	for (@$those) {
		return $_->{kind} if overlaps($_, $from, $to);
	}
	return undef;
}

# No program ends but by a kill, or at the end of the run.
sub stages_judge {
	my %killed = map { ("$_->{kind} $_->{detail}" => 1) } @faults;
	for (grep { $_->{what} eq 'exit' && $_->{t} < $end } @stages) {
		next if $killed{"kill $_->{name} $_->{pid}"};
		evidence('programs that ended by themselves', $_->{t},
			"$_->{name} $_->{pid}, status $_->{status}");
	}
	for (grep { $_->{what} eq 'left' } @stages) {
		evidence('processes left over', $_->{t}, $_->{pid});
	}
	read_lines("$dir/others.log", sub {
		my ($t, $what, $of, $status) = split /\t/, $_[0];
		evidence('status or health wrong at the end', $t, "$what: exit $status; see $dir/$what")
			if $of eq 'tree' && $status != 0;
	});
	$figure{'kills'} = grep { $_->{kind} =~ /^kill/ } @faults;
	$figure{'stops'} = grep { $_->{kind} =~ /^stop/ } @faults;
}

1;
