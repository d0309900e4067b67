# CAN: each frame recorded was sent, each record and each published value is one that this pack sent.
use strict;
use warnings;

our (%figure, $zero, $end);
# Two seconds after the last of their frames, these are 0.
my %gone = map { $_ => 1 } qw(can_alarm_levels can_error_bits);
my %timeline; # of each value: PACK KEY => [[t, value]...]

sub can_judge {
	my ($sent, $captured, $published) = @_;
	for my $name (grep { $sent->{$_}{can} } sort keys %$sent) {
		my @frames = grep { $_->{what} eq 'can' } @{$sent->{$name}{messages}};
		can_recorded($name, \@frames, [grep { $_->{channel} eq $name && $_->{hex} } @$captured]);
		can_decoded($name, \@frames);
		can_published($name, $published);
	}
}

# Frames in order; identical ones are told apart by their time, which may be a stop of a stage off.
sub can_recorded {
	my ($name, $frames, $lines) = @_;
	my $i = 0;
	for my $line (grep { !($_->{id} & 0x20000000) } @$lines) {
		my $oldest = $line->{t} - (fault_between_times(qr/^(stop|kill|disk)/, $line->{t} - 70,
			$line->{t}) || $line->{t} < $zero + 5 ? 70
			: 1.5);
		my $k = $i;
		$k++ while $k < @$frames && $frames->[$k]{t} <= $line->{t} + .5
			&& !can_is($frames->[$k], $line, $oldest);
		if ($k < @$frames && can_is($frames->[$k], $line, $oldest)) {
			$figure{'CAN frames recorded'}++;
			can_lost($name, $frames->[$_]) for $i .. $k - 1;
			$frames->[$k]{line} = $line;
			$line->{message} = $frames->[$k];
			$i = $k + 1;
		} else {
			evidence('CAN frames recorded that were not sent', $line->{t}, sprintf '%s %X#%s',
				$name, @$line{qw(id hex)});
		}
	}
	can_lost($name, $frames->[$_]) for $i .. $#$frames;
	$figure{'CAN frames sent'} += @$frames;
}

sub can_is {
	my ($m, $line, $oldest) = @_;
	return $m->{heard} && $m->{hex} eq $line->{hex} && hex $m->{id} == $line->{id} && $m->{t} >= $oldest;
}

sub can_lost {
	my ($name, $m) = @_;
	my $why = !$m->{heard} ? 'not heard' : why_not_captured($name, $m->{t})
		// fault_between_times(qr/^(stop|kill mqtt|disk)/, $m->{t} - 70, $m->{t} + 5);
	$why ? $figure{"CAN frames lost: $why"}++
		: evidence('CAN frames lost without a reason', $m->{t}, "$name $m->{id}#$m->{hex}");
}

# Lines and records of the same time, in order.  A frame of which nothing is known has no record.
sub can_decoded {
	my ($name, $frames) = @_;
	my %due;
	for my $m (@$frames) {
		my $bms = $m->{bms} // next;
		while (my ($key, $value) = each %{values_of($m)}) {
			push @{$timeline{"$name$bms $key"}}, [$m->{t}, $value];
		}
		push @{$due{$m->{line}{time}}}, $m if $m->{line};
	}
	for my $r (values_can($name)) {
		my @now = @{$due{$r->{time}} // []};
		my ($m) = grep { !$_->{decoded} && $_->{bms} == $r->{bms} && !can_wrong($r, $_) } @now;
		if ($m && ($r->{pack} // '') eq "$name$r->{bms}") {
			$figure{'CAN records decoded'}++;
			$m->{decoded} = 1;
		} else {
			evidence('CAN records with a wrong value or pack', $r->{t}, $r->{json});
		}
	}
	for my $m (grep { $_->{line} && defined $_->{bms} && !$_->{decoded} && %{values_of($_)} } @$frames) {
		my $why = why_not_passed($m->{line}{t}, qw(write tee-frames decode));
		$why ? $figure{"CAN frames not decoded: $why"}++
			: evidence('CAN frames not decoded without a reason', $m->{t},
				"$name $m->{id}#$m->{hex}");
	}
}

sub can_wrong {
	my ($record, $m) = @_;
	my $sent = values_of($m);
	my @shared = grep { defined $record->{$_} } keys %$sent;
	return !@shared || grep { !same_text($record->{$_}, $sent->{$_}) } @shared;
}

# What is published of a pack has been sent within the last seconds, longer ago only if a stage was stopped.
sub can_published {
	my ($name, $published) = @_;
	my (%next, %offline);
	for my $p (grep { $_->{topic} =~ m{^jk/$name\d+/(?:live|availability)$} } @$published) {
		my ($pack, $what) = $p->{topic} =~ m{^jk/(\w+)/(\w+)$};
		$offline{$pack} = $p->{payload} eq 'offline' if $what eq 'availability';
		next if $what ne 'live' || $p->{retained};
		# A broker that comes back gets the last state of each pack, also of one that is offline.
		if ($offline{$pack}) {
			$figure{'CAN states repeated while the pack was offline'}++;
			next;
		}
		my $record = members($p->{payload});
		my $oldest = $p->{t} - (fault_between_times(qr/^(stop|kill|broker|link)/, $p->{t} - 90,
			$p->{t}) ? 120 : 25);
		$figure{'CAN values published'}++;
		for my $key (sort keys %$record) {
			my $all = $timeline{"$pack $key"} // next;
			next if $record->{$key} eq 'null' || ($record->{$key} eq '0' && $gone{$key});
			next if was_value($all, $record->{$key}, $oldest, $p->{t} + .5);
			evidence('CAN values published that were not sent', $p->{t},
				"$key: $p->{topic} $p->{payload}");
		}
	}
}

# Whether a timeline has that value in that time.
sub was_value {
	my ($all, $value, $from, $to) = @_;
	my ($low, $high) = (0, scalar @$all);
	while ($low < $high) {
		my $middle = int(($low + $high) / 2);
		if ($all->[$middle][0] < $from) { $low = $middle + 1 } else { $high = $middle }
	}
	for (my $i = $low; $i < @$all && $all->[$i][0] <= $to; $i++) {
		return 1 if same_text($value, $all->[$i][1]);
	}
	return 0;
}

1;
