# Commands: each has exactly one result, and the pack holds what the result says.
use strict;
use warnings;

our ($dir, %figure, $end);

# The settings that the schedule changes, by the documents of the protocol: key, register, units per step.
my @settings = (
	['balance_trigger_voltage', 0x1014, 1000],
	['charge_overcurrent_protection_delay', 0x1030, 1],
	['discharge_overcurrent_protection_delay', 0x103C, 1],
	['short_circuit_protection_recovery_time', 0x1044, 1],
);
sub settings_written { return @settings }
my %setting = map { ($_->[0] => $_) } @settings;

sub commands_judge {
	my ($sent, $captured) = @_;
	my (@commands, %results);
	read_lines("$dir/commands.log", sub {
		my ($t, $id, $via, @words) = split /\t/, $_[0];
		return unsent($t, "$id: $words[0]", pop @commands) if $via eq 'unsent';
		my %command = (t => $t, id => $id, via => $via);
		@command{qw(bus bms key value)} = @words;
		push @commands, \%command;
	});
	for my $line (grep { ($_->{event} // '') eq 'write' } @{wire_load("$dir/written.log")}) {
		my ($id, $bms, $key, $value, $result, $why) = split / /, $line->{words}, 6;
		push @{$results{"$bms $key $value"}},
			{t => $line->{t}, id => $id, result => $result,
				text => "$line->{time} $line->{words}", why => $why // ''};
	}
	for my $command (@commands) {
		my $name = "$command->{bus}:$command->{bms} $command->{key} $command->{value}";
		command_outcome($sent, $command, delete $results{$name} // []);
	}
	evidence('results without a command', $_->[0]{t}, $_->[0]{text}) for values %results;
	writes_judge($sent, \@commands);
}

# Without jk-write nobody reads the FIFO, and the sender is told so at once.
sub unsent {
	my ($t, $words) = @_;
	fault_between_times(qr/^kill write/, $t - .1, $t + .1)
		? $figure{'commands refused: nobody read the FIFO'}++
		: evidence('commands that could not be sent', $t, $words);
}

sub command_outcome {
	my ($sent, $command, $results) = @_;
	my %different = map { $_->{text} => $_ } @$results;
	my $words = join ' ', @$command{qw(id via bus bms key value)};
	$figure{'commands sent'}++;
	if (!%different) {
		my $why = why_no_result($command);
		return $why ? $figure{"commands without a result: $why"}++
			: evidence('commands without a result and a reason', $command->{t}, $words);
	}
	# Killed while the disk is full, jk-write only knows what it had saved before: see jk-write(1).
	my $until = (sort { $a <=> $b } map { $_->{t} } @$results)[-1];
	if (keys %different == 2 && fault_between_times(qr/^disk/, $command->{t}, $until)
		&& fault_between_times(qr/^kill write/, $command->{t}, $until)) {
		$figure{'results repeated after a kill with a full disk'}++;
		%different = map { $_->{text} => $_ } $results->[0];
	}
	if (keys %different > 1) {
		return evidence('commands with several results', $command->{t}, join '; ', $words,
			sort keys %different);
	}
	$figure{'commands with exactly one result'}++;
	my ($result) = values %different;
	$figure{"results: $result->{result}"}++;
	pack_agrees($sent, $command, $result);
}

sub why_no_result {
	my ($command) = @_;
	my $t = $command->{t};
	if ($command->{via} eq 'mqtt') {
		my $why = fault_between_times(qr/^(kill mqtt|broker|link)/, $t - 2, $t + 2);
		$why //= fault_between_times(qr/^stop (mqtt|broker)/, $t - 2, $t + 2); # it may be found dead
		$why //= refused_by_mqtt($command);
		return $why if $why;
	}
	# jk-set asks whether jk-write answers, and sends nothing if not.
	my $stopped = $command->{via} eq 'set' && fault_between_times(qr/^(stop|kill) write/, $t, $t + 2);
	return 'jk-set reported that jk-write does not answer' if $stopped;
	return why_not_passed($t, 'write') // ($t > $end - 15 ? 'end of the run' : undef);
}

# jk-mqtt answers itself if it cannot pass a command on.
my %refusals;
sub refused_by_mqtt {
	my ($command) = @_;
	unless (%refusals) {
		$refusals{''} = '';
		read_lines("$dir/subscriber.log", sub {
			my ($t, undef, $topic, $payload) = split /\t/, $_[0], 4;
			my ($device, $key) = $topic =~ m{^jk/(\w+)/result/(\w+)$} or return;
			my $r = members($payload);
			$refusals{"$device $key $r->{value}"} = "jk-mqtt: $r->{why}";
		});
	}
	return $refusals{"$command->{bus}$command->{bms} $command->{key} $command->{value}"};
}

sub raw_value {
	my ($key, $value) = @_;
	return sprintf '%.0f', $value * $setting{$key}[2];
}

# The settings frames of a pack that its simulator sent, and the requests that write this value.
sub pack_agrees {
	my ($sent, $command, $result) = @_;
	my $bus = $sent->{$command->{bus}};
	my @frames = grep { $_->{what} eq 'frame' && $_->{bms} == $command->{bms}
		&& ($_->{type} // '') eq 'settings' && ($_->{state} // '') eq 'valid'
		&& $_->{t} <= $result->{t} + .2 && $_->{t} > $result->{t} - 130 } @{$bus->{messages}};
	my @writes = grep { $_->{hex} eq write_request($command) } @{$bus->{requests}};
	my $text = join ' ', @$command{qw(id bus bms key value)}, $result->{result}, $result->{why};
	if ($result->{result} eq 'confirmed') {
		my $holds = grep { same_text(values_of($_)->{$command->{key}} // '', $command->{value}) }
			@frames;
		evidence('confirmed, but the pack did not hold the value', $result->{t}, $text) unless $holds;
	} elsif ($result->{result} eq 'mismatch') {
		my ($last) = reverse @frames;
		evidence('mismatch, but the pack held the value', $result->{t}, $text)
			if $last && !twins($last) && same_text(values_of($last)->{$command->{key}},
				$command->{value});
	} elsif ($result->{result} =~ /^(rejected|busy|listening-only)$/) {
		evidence('written in spite of the result', $result->{t}, $text) if @writes;
	}
}

sub twins { return $_[0]{segment}{kinds}{twin} }

sub write_request {
	my ($command) = @_;
	my (undef, $register) = @{$setting{$command->{key}}};
	my $request = pack 'CCnnCN', $command->{bms}, 16, $register, 2, 4, raw_value($command->{key},
		$command->{value});
	return uc unpack 'H*', $request . pack 'v', crc16($request);
}

sub crc16 {
	my $crc = 0xFFFF;
	for my $byte (unpack 'C*', $_[0]) {
		$crc ^= $byte;
		$crc = $crc & 1 ? $crc >> 1 ^ 0xA001 : $crc >> 1 for 1 .. 8;
	}
	return $crc;
}

# Nothing is written but what was commanded, and nothing more than twice.
sub writes_judge {
	my ($sent, $commands) = @_;
	my %due;
	push @{$due{"$_->{bus} " . write_request($_)}}, $_ for @$commands;
	my %times;
	for my $bus (values %$sent) {
		for my $request (grep { is_write($_->{hex})
			&& $_->{fate} ne 'collided' } @{$bus->{requests}}) {
			my $name = "$bus->{name} $request->{hex}";
			$figure{'writes on the wire'}++;
			my ($command) = grep { $_->{t} <= $request->{t} } @{$due{$name} // []};
			evidence('writes that nobody commanded', $request->{t}, $name) unless $command;
			evidence('writes sent more than twice', $request->{t}, $name) if ++$times{$name} > 2;
		}
	}
}

sub is_write {
	my ($hex) = @_;
	return $hex =~ /^..10/ && $hex !~ /^..1016(1C|1E|20)0001020000/;
}

1;
