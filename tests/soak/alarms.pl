# Alarms: what jk-alarm reported of what it read, and what of that reached the subscriber, exactly once.
use strict;
use warnings;

our ($dir, %figure, $end);

# The alarm bits of errors_bitmask, from the documents of the protocol, by their number.
my @bits = qw(wire_resistance mosfet_overtemperature cell_count_mismatch current_sensor_error cell_overvoltage
	battery_overvoltage charge_overcurrent charge_short_circuit charge_overtemperature
	charge_undertemperature internal_communication_error cell_undervoltage battery_undervoltage
	discharge_overcurrent discharge_short_circuit discharge_overtemperature charge_mosfet_fault
	discharge_mosfet_fault gps_disconnected modify_password discharge_on_failed battery_overtemperature
	temperature_sensor_error parallel_module_error);
my %is_bit = map { $_ => 1 } @bits;

# Each record leaves jk-alarm with its bytes as they were, between records of jk-alarm's own.
sub alarms_passed {
	my ($decoded) = @_;
	my (@alarmed, $next);
	read_lines("$dir/alarmed.log", sub {
		my ($t, $json) = split ' ', $_[0], 2;
		my %r = (t => $t, json => $json);
		$r{type} = $1 if $json =~ /"type":"(\w+)"/;
		push @alarmed, \%r;
		return if ($r{type} // '') =~ /^(alarm|summary|health)$/;
		(my $plain = $json) =~ s/,"alarms":\[.*\]\}$/}/;
		for (my $i = $next // 0; $i < @$decoded; $i++) {
			next if $decoded->[$i]{json} ne $plain;
			record_not_passed($decoded->[$_]) for ($next // 0) .. $i - 1;
			$r{decoded} = $decoded->[$i];
			return $next = $i + 1;
		}
		my $why = why_not_passed($t, qw(decode alarm));
		$why ? $figure{'damaged records'}++ : evidence('records of jk-alarm that it did not read',
			$t, $json);
	});
	record_not_passed($decoded->[$_]) for ($next // 0) .. $#$decoded;
	return \@alarmed;
}

sub record_not_passed {
	my ($r) = @_;
	$figure{'records lost in jk-alarm'}++;
	my $why = why_not_passed($r->{t}, qw(decode alarm));
	$why ? $figure{"records lost: $why"}++ : evidence('records lost without a reason', $r->{t},
		$r->{json});
}

sub active_bits {
	my ($bitmask) = @_;
	return map { $bits[$_] // "unknown_bit_$_" } grep { $bitmask & 1 << $_ } 0 .. 31;
}

my %heard; # when the last record of each pack passed

# The bits of each live record, the list of alarms in it and the transitions so far agree.  While two packs
# have one address, the alarms of the pack stay as they were.
sub alarms_raised {
	my ($alarmed) = @_;
	my (%active, %last, $live);
	for my $r (@$alarmed) {
		$heard{$1} = $r->{decoded}{message} ? $r->{decoded}{message}{t} : $r->{t} if $r->{decoded}
			&& $r->{json} =~ /"pack":"(\w+)","type":"(live|settings|about)"/;
		if (($r->{type} // '') eq 'alarm') {
			transition($r, \%active, \%last);
		} elsif ($r->{decoded}) { # the transitions of a record follow it
			compare_bits($live, \%active) if $live;
			$live = $r->{decoded}{record} && $r->{type} eq 'live' ? $r : undef;
		}
	}
}

sub transition {
	my ($r, $active, $last) = @_;
	my $record = record_of($r->{json});
	my $of = ($record->{bms} eq 'null' ? "link/$record->{channel}"
		: $record->{pack} // "bms_$record->{bms}");
	my ($key, $on) = ($record->{key} . ($record->{rule} ? " $record->{rule}"
		: ''), $record->{active} eq 'true');
	@$r{qw(of key on name)} = ($of, $key, $on,
		join ' ', $of, @$record{qw(time key active severity)});
	$figure{'transitions of jk-alarm'}++;
	if (!!$active->{$of}{$key} == $on && !($on && $active->{$of}{$key} ne $record->{severity})) {
		fault_between_times(qr/^kill alarm|^disk/, $last->{$of}{$key} // 0, $r->{t} + 1)
			? $figure{'transitions repeated after a kill'}++
			: evidence('transitions repeated without a reason', $r->{t}, $r->{json});
	}
	evidence('false alarms of silence', $r->{t}, $r->{json})
		if $record->{key} eq 'silent' && $on && $r->{t} - ($heard{$of} // 0) < 25;
	$last->{$of}{$key} = $r->{t};
	$active->{$of}{$key} = $on ? $record->{severity} : undef;
}

# A frame that does not fit the one before is evaluated when it is clear which pack sent it, the third at the
# latest: at the begin of a segment, and while a second pack has the address.
my (%segment, %frames);
sub exchanged {
	my ($m) = @_;
	my ($pack, $segment) = ("$m->{segment}{bus}$m->{bms}", $m->{segment});
	$frames{$pack} = 0 if ($segment{$pack} // $segment) != $segment
		|| $segment->{options} =~ /--twin $m->{bms}:/;
	$segment{$pack} = $segment;
	return ++$frames{$pack} <= 3;
}

sub compare_bits {
	my ($r, $active) = @_;
	my $record = $r->{decoded}{record};
	my $mine = $active->{$record->{pack}} //= {};
	my $message = $r->{decoded}{message};
	$message->{trusted} = 0;
	return $figure{'live records of a pack that was just exchanged'}++ if exchanged($message);
	return $figure{'live records during an address conflict'}++ if $mine->{address_conflict};
	$message->{trusted} = 1;
	my $sent = join ' ', sort(active_bits($record->{errors_bitmask}));
	my ($list) = $r->{json} =~ /"alarms":(\[.*\])\}$/;
	my $listed = join ' ', sort grep { $is_bit{$_} || /^unknown_bit/ } ($list // '') =~ /"key":"(\w+)"/g;
	my $reported = join ' ', sort grep { $mine->{$_} && ($is_bit{$_} || /^unknown_bit/) } keys %$mine;
	$figure{'live records whose alarms were checked'}++;
	return if $sent eq $listed && $sent eq $reported;
	evidence('wrong alarms', $r->{t},
		"$record->{pack} sent [$sent], listed [$listed], reported [$reported] $r->{json}");
	$mine->{$_} = undef for grep { $is_bit{$_} } keys %$mine;
	$mine->{$_} = 'warning' for split / /, $sent;
}

# Each transition reaches the subscriber, in order, once; more often only if a connection or a program ended.
sub alarms_published {
	my ($alarmed, $published) = @_;
	my (%received, %known);
	for my $p (grep { $_->{topic} =~ m{^jk/(.+)/alarm$} } @$published) {
		my ($of) = $p->{topic} =~ m{^jk/(.+)/alarm$};
		my $record = record_of($p->{payload});
		push @{$received{join ' ', $of, @$record{qw(time key active severity)}}}, $p;
	}
	my %latest;
	for my $r (grep { ($_->{type} // '') eq 'alarm' } @$alarmed) {
		next if $known{$r->{name}}++;
		my @all = @{$received{$r->{name}} // []};
		transition_outcome($r, \@all);
		next unless @all;
		evidence('transitions out of order', $all[0]{t}, $all[0]{payload})
			if $all[0]{t} < ($latest{$r->{of}} // 0);
		$latest{$r->{of}} = $all[0]{t};
	}
	for my $name (grep { !$known{$_} } sort keys %received) {
		evidence('transitions published that jk-alarm did not report', $received{$name}[0]{t}, $name);
	}
}

sub transition_outcome {
	my ($r, $all) = @_;
	if (@$all == 1) {
		$figure{'transitions with exactly one message'}++;
	} elsif (@$all > 1) {
		my $why = fault_between_times(qr/^(kill (mqtt|alarm)|broker|link|stop|disk)/, $r->{t} - 15,
			$all->[-1]{t} + 1);
		$why ? $figure{"transitions published again: $why"}++
			: evidence('transitions published again without a reason', $r->{t}, $r->{json});
	} else {
		my $why = why_not_passed($r->{t}, qw(tee-records mqtt));
		$why ? $figure{"transitions lost: $why"}++
			: evidence('transitions lost without a reason', $r->{t}, $r->{json});
	}
}

# A pack is offline only if nothing came from it for a while, or two packs have its address, or it was just
# exchanged for another one.
sub alarms_offline {
	my ($alarmed, $published) = @_;
	my (%at, %conflict);
	for my $r (@$alarmed) {
		push @{$at{$1}}, $r if $r->{decoded}
			&& $r->{json} =~ /"pack":"(\w+)","type":"(?:live|settings|about)"/;
		push @{$conflict{$r->{of}}}, [$r->{t}, $r->{on}] if ($r->{key} // '') =~ /^address_conflict/;
	}
	my %was; # published again after each connection
	for my $p (grep { $_->{topic} =~ m{/availability$} } @$published) {
		my ($of) = $p->{topic} =~ m{^jk/(\w+)/};
		my $before = $was{$of} // '';
		$was{$of} = $p->{payload};
		next if $p->{payload} ne 'offline' || $before eq 'offline';
		next if $p->{retained} || $p->{t} > $end;
		$figure{'packs published as offline'}++;
		my ($record) = grep { $_->{t} < $p->{t} } reverse @{$at{$of} // []};
		my $latest = $record && $record->{t};
		my ($state) = grep { $_->[0] < $p->{t} + .5 } reverse @{$conflict{$of} // []};
		next if !$latest || $p->{t} - $latest > 25 || ($state && ($state->[1]
			|| $p->{t} - $state->[0] < 30));
		next if fault_between_times(qr/^(kill|stop) mqtt/, $p->{t} - 10, $p->{t});
		my $message = $record->{decoded}{message};
		if ($message && $message->{segment}{begun} > $p->{t} - 30) {
			$figure{'packs published as offline that were just exchanged'}++;
			next;
		}
		evidence('packs offline without a reason', $p->{t},
			"$of, last record " . ($p->{t} - $latest) . ' s before');
	}
}

1;
