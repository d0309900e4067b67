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

# Nothing between the simulator and the recording changes the order of frames.  So both are walked side by
# side, whatever the delay: a frame that is not next was lost with all before it, if the lines go on from
# there; else the line was not sent.
sub can_recorded {
	my ($name, $frames, $lines) = @_;
	my @heard = grep { $_->{heard} } @$frames;
	my @lines = grep { !($_->{id} & 0x20000000) } @$lines;
	$_->{key} = hex($_->{id}) . "#$_->{hex}" for @heard;
	$_->{key} = "$_->{id}#$_->{hex}" for @lines;
	my ($i, $lag) = (0, 0);
	for my $j (0 .. $#lines) {
		my $skip = can_skip(\@heard, $i, \@lines, $j, $lag);
		if (!defined $skip) {
			evidence('CAN frames recorded that were not sent', $lines[$j]{t}, sprintf '%s %X#%s',
				$name, @{$lines[$j]}{qw(id hex)});
			next;
		}
		my $back = $skip ? can_gap_begins($name, \@heard, $i, $skip) : 0;
		can_pair($heard[$_ + $skip], delete $heard[$_]{line}) for reverse $i - $back .. $i - 1;
		can_lost($name, $heard[$_]) for $i - $back .. $i - $back + $skip - 1;
		$i += $skip;
		can_pair($heard[$i], $lines[$j]);
		$lag = $lines[$j]{t} - $heard[$i]{t_written};
		$i++;
	}
	can_lost($name, $heard[$_]) for $i .. $#heard;
	can_lost($name, $_) for grep { !$_->{heard} } @$frames;
	can_delays($name, \@heard);
	$figure{'CAN frames sent'} += @$frames;
}

sub can_pair {
	my ($m, $line) = @_;
	$m->{line} = $line;
	$line->{message} = $m;
}

# How many frames are to be skipped so that the lines from $j on are those sent; undef: this line was not
# sent. Of several places that one is right whose delay is nearest to that before.
sub can_skip {
	my ($heard, $i, $lines, $j, $lag) = @_;
	my $t = $lines->[$j]{t};
	return 0 if $i < @$heard && $heard->[$i]{key} eq $lines->[$j]{key} && $heard->[$i]{t_written} <= $t;
	for my $n (32, 8, 4) {
		my ($best, $least);
		for (my $k = $i + 1; $k < @$heard && $heard->[$k]{t_written} <= $t; $k++) {
			next unless can_run($heard, $k, $lines, $j, $n);
			my $jump = abs($t - $heard->[$k]{t_written} - $lag);
			($best, $least) = ($k - $i, $jump) if !defined $best || $jump < $least;
		}
		return $best if defined $best;
	}
	return undef;
}

# Whether frames and lines are equal for $n of them, or until one of both ends.
sub can_run {
	my ($heard, $k, $lines, $j, $n) = @_;
	for (my $x = 0; $x < $n && $k + $x < @$heard && $j + $x < @$lines; $x++) {
		return 0 if $heard->[$k + $x]{key} ne $lines->[$j + $x]{key};
	}
	return 1;
}

# Frames repeat: what is equal before the gap and at its end may have been lost as well.  Returns by how much
# earlier the gap begins, so that as few frames as possible are lost without a reason.
sub can_gap_begins {
	my ($name, $heard, $i, $skip) = @_;
	my $unexplained = grep { !can_why_lost($name, $heard->[$_]) } $i .. $i + $skip - 1;
	my ($best, $least) = (0, $unexplained);
	for (my $back = 1; $least > 0 && $back <= 5000 && $back <= $i; $back++) {
		my ($first, $last) = ($heard->[$i - $back], $heard->[$i - $back + $skip]);
		last if !$first->{line} || $first->{key} ne $last->{key}
			|| $last->{t_written} > $first->{line}{t};
		$unexplained += (can_why_lost($name, $first) ? 0 : 1) - (can_why_lost($name, $last) ? 0 : 1);
		($best, $least) = ($back, $unexplained) if $unexplained < $least;
	}
	return $best;
}

sub can_why_lost {
	my ($name, $m) = @_;
	$m->{why_lost} //= why_not_captured($name, $m->{t_written})
		// fault_between_times(qr/^(stop|kill mqtt|disk)/, $m->{t_written} - 70, $m->{t_written} + 5)
		// '';
	return $m->{why_lost};
}

sub can_lost {
	my ($name, $m) = @_;
	my $why = !$m->{heard} ? 'not heard' : can_why_lost($name, $m);
	$why ? $figure{"CAN frames lost: $why"}++
		: evidence('CAN frames lost without a reason', $m->{t_written}, "$name $m->{id}#$m->{hex}");
}

# A line is recorded within 1.5 s, later only after a fault, or if the machine was late.
sub can_delays {
	my ($name, $heard) = @_;
	my $longest = 0;
	for my $m (grep { $_->{line} } @$heard) {
		$figure{'CAN frames recorded'}++;
		my $delay = $m->{line}{t} - $m->{t_written};
		next if $delay <= 1.5 || $m->{line}{t} < $zero + 5;
		next if fault_between_times(qr/^(stop|kill|disk)/, $m->{t_written} - 70, $m->{line}{t});
		$longest = $delay if $delay > $longest;
		evidence('CAN frames recorded too late', $m->{t_written},
			"$name $m->{id}#$m->{hex}: $delay s")
			if $delay > 1.5 + machine_late_s($m->{t_written} - 10, $m->{line}{t});
	}
	$figure{'longest delay of a CAN frame on a late machine, s'} = $longest if $longest;
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
