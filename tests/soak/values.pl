# From the recording to the subscriber: every value is one that this pack sent.
use strict;
use warnings;

our ($dir, %figure, $zero, $end, $real_minus_monotonic);
my %wanted = (live => [qw(cell_voltages total_voltage current state_of_charge capacity_remaining
	errors_bitmask)],
	settings => [qw(balance_trigger_voltage cell_count)], about => [qw(vendor_id software_version)]);

sub same_text {
	my ($one, $two) = @_;
	# The cells of a second pack at this address stay in what is published: as null, behind the others.
	s/^true$/1/, s/^false$/0/, s/(,null)+\]$/]/ for $one, $two;
	return $one eq $two || ($one =~ /^-?[\d.]+$/ && $two =~ /^-?[\d.]+$/ && $one == $two);
}

# The first key with another value than the frame had; undef if there is none.
sub wrong_key {
	my ($type, $record, $m) = @_;
	my $sent = values_of($m);
	for my $key (@{$wanted{$type}}) {
		return "$key is missing" unless defined $record->{$key};
	}
	for my $key (sort keys %$sent) {
		next unless defined $record->{$key};
		return "$key is $record->{$key}, not $sent->{$key}"
			unless same_text($record->{$key}, $sent->{$key});
	}
	if ($type eq 'live') {
		my $mw = $sent->{total_voltage} * $sent->{current};
		return "power is $record->{power}, not $mw" if abs($record->{power} - $mw) > .0011;
	}
	return undef;
}

# A record without the outer braces, and what jk-alarm appended.
sub record_of {
	my ($json) = @_;
	my $alarms = $json =~ s/,"alarms":(\[.*\])\}$/}/ ? $1 : undef;
	my $record = members($json);
	$record->{alarms} = $alarms if defined $alarms;
	return $record;
}

my @can;

# The records of a CAN bus, with their values.
sub values_can {
	my ($name) = @_;
	return grep { $_->{channel} eq $name && $_->{bms} ne 'null' }
		map { my $record = record_of($_->{json}); +{%$record, %$_} } @can;
}

# Each recorded frame has one record, with its values.
sub values_decoded {
	my ($captured) = @_;
	my (@decoded, %due);
	push @{$due{"$_->{channel} $_->{time} $_->{id}"}}, $_ for grep { $_->{frame} } @$captured;
	read_lines("$dir/decoded.log", sub {
		my ($t, $json) = split ' ', $_[0], 2;
		my %r = (t => $t, json => $json);
		push @decoded, \%r;
		push @can, \%r if $json =~ /"type":"can"/;
		return unless $json =~ /^\{"time":([\d.]+),"channel":"(\w+)","bms":(\d+),.*?"type":"(live|settings|about|rejected)"/;
		@r{qw(time channel bms type)} = ($1, $2, $3, $4);
		my $line = shift @{$due{"$r{channel} $r{time} $r{bms}"} // []};
		decoded_record(\%r, $line);
	});
	for (map { @$_ } values %due) {
		$figure{'frames recorded, not decoded'}++;
		my $why = why_not_passed($_->{t}, qw(write tee-frames decode));
		$why ? $figure{"frames not decoded: $why"}++
			: evidence('frames not decoded without a reason', $_->{t},
				"($_->{time}) $_->{channel} $_->{id} $_->{hex}");
	}
	return \@decoded;
}

sub decoded_record {
	my ($r, $line) = @_;
	return evidence('records without a frame', $r->{t}, $r->{json}) unless $line;
	$figure{$r->{type} eq 'rejected' ? 'frames rejected' : 'frames decoded'}++;
	my $m = $line->{message} // return;
	if ($r->{type} eq 'rejected') {
		evidence('valid frames rejected', $r->{t}, $r->{json} . " $line->{hex}")
			if $m->{state} eq 'valid';
		return;
	}
	return evidence('wrong values', $r->{t}, "inconsistent, but not rejected: $line->{hex}")
		if $m->{state} ne 'valid';
	$r->{message} = $m;
	my $record = record_of($r->{json});
	my $pack = "$r->{channel}$r->{bms}";
	return evidence('wrong packs', $r->{t}, $r->{json}) if ($record->{pack} // '') ne $pack
		|| $m->{bms} != $r->{bms};
	my $wrong = wrong_key($r->{type}, $record, $m) // return $r->{record} = $record;
	evidence('wrong values', $r->{t}, "$wrong: $r->{json} $line->{hex}");
}

# What the subscriber received: t, retained, topic, payload.
sub values_load {
	my @published;
	read_lines("$dir/subscriber.log", sub {
		my ($t, $retained, $topic, $payload) = split /\t/, $_[0], 4;
		push @published, {t => $t - $real_minus_monotonic, retained => $retained, topic => $topic,
			payload => $payload};
	});
	$figure{'messages at the subscriber'} = @published;
	return \@published;
}

# Values that identify a frame among those of its pack.
sub signature {
	my ($type, $v) = @_;
	my @keys = $type eq 'live' ? qw(uptime cell_voltages total_voltage current capacity_remaining)
		: $type eq 'settings' ? map { $_->[0] } settings_written()
			: qw(device_total_runtime serial_number);
	return join ' ', map { ($v->{$_} // '-') =~ s/(,null)+\]$/]/r } @keys;
}

# A broker that was killed sends once more what its store has, before jk-mqtt is let in again.
sub sent_by_broker {
	return fault_between_times(qr/^broker/, $_[0] - .1, $_[0] + .1);
}

# Each published state is that of a frame of this pack, and none is older than the one before it.
sub values_published {
	my ($sent, $published) = @_;
	my (%frames, %last, %online);
	for my $bus (values %$sent) {
		for my $m (grep { $_->{what} eq 'frame' && $_->{state} eq 'valid' } @{$bus->{messages}}) {
			my $name = signature($m->{type}, values_of($m));
			push @{$frames{"$bus->{name}$m->{bms}/$m->{type}"}{$name}}, $m;
		}
	}
	for my $p (@$published) {
		$online{$1} = $p->{payload} eq 'online' if $p->{topic} =~ m{^jk/(\w+)/availability$};
		next unless $p->{topic} =~ m{^jk/([a-z]+)\d+/(live|settings|about)$};
		next if !$sent->{$1} || $sent->{$1}{can};
		my ($device, $type) = $p->{topic} =~ m{^jk/(\w+)/(\w+)$};
		$figure{'values published'}++;
		my $record = members($p->{payload});
		my $name = signature($type, $record);
		my @all = grep { $_->{t} <= $p->{t} + .5 } @{$frames{"$device/$type"}{$name} // []};
		my @same = grep { !wrong_key($type, $record, $_) } @all;
		my $m = $same[-1] // $all[-1];
		if (!$m) {
			my ($other) = grep { m{/$type$} && $frames{$_}{$name} } sort keys %frames;
			evidence($other ? 'wrong packs' : 'wrong values', $p->{t},
				"$p->{topic} $p->{payload}" . ($other ? " is of $other" : ''));
			next;
		}
		my $wrong = wrong_key($type, $record, $m);
		evidence('wrong values', $p->{t}, "$wrong: $p->{topic} $p->{payload}") if $wrong;
		# Of frames with equal values it is the first that is not older than the one before it.
		my ($first) = grep { $_->{t} >= ($last{$p->{topic}} // 0) } @same;
		evidence('values out of order', $p->{t}, "$p->{topic} $p->{payload}")
			if !$first && !$p->{retained} && !sent_by_broker($p->{t});
		$last{$p->{topic}} = ($first // $m)->{t};
		$p->{sent} = $m->{t};
		my $age = $p->{t} - $m->{t};
		$figure{'oldest live value when it was published, s'} = $age
			if $type eq 'live' && !$p->{retained} && $online{$device}
				&& $age > ($figure{'oldest live value when it was published, s'} // 0);
	}
}

1;
