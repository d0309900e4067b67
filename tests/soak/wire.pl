# From the wire to the recording: bytes, frames and requests.
use strict;
use warnings;

our ($dir, %figure, $zero, $end);
my $recorders = join '|', qw(write tee-frames redact archive); # the stages on the way to the recording

# The lines of a tap: t, time, channel, id, hex, dir, event, words.
sub wire_load {
	my ($path) = @_;
	my @lines;
	read_lines($path, sub {
		# A comment, or an empty line, as before the first one of a jk-write that was restarted.
		return if $_[0] =~ /^\S+ (#|$)/;
		my ($t, $time, $channel, $body) = $_[0] =~ /^(\S+) \((\S+)\) (\S+) (.*)$/ or return
			evidence('lines that are no frame lines', 0, substr $_[0], 0, 200);
		my %line = (t => $t, time => $time, channel => $channel);
		if ($body =~ /^([0-9A-F]+)#([0-9A-F]*)(?: ([RT]))?$/) {
			@line{qw(id hex dir text)} = (hex $1, $2, $3 // 'R', $body);
		} elsif ($body =~ /^!(\S+) ?(.*)$/) {
			@line{qw(event words)} = ($1, $2);
		}
		push @lines, \%line;
	});
	return \@lines;
}

# The bytes that a line holds, in hex.
sub line_bytes {
	my ($line) = @_;
	return $line->{hex} if ($line->{dir} // '') eq 'R';
	return $line->{words} if ($line->{event} // '') =~ /^(junk|orphan)$/;
	return '';
}

# A stream of bytes in hex with the time of each piece.
sub stream {
	my ($pieces) = @_;
	my %s = (text => '', at => [], t => [], begins => {});
	for (@$pieces) {
		$s{begins}{length $s{text}} = 1;
		push @{$s{at}}, length $s{text};
		push @{$s{t}}, $_->{t};
		$s{text} .= $_->{bytes};
	}
	return \%s;
}

# The index of the piece at this position.
sub piece_at {
	my ($s, $position) = @_;
	my ($low, $high) = (0, $#{$s->{at}});
	while ($low < $high) {
		my $middle = int(($low + $high + 1) / 2);
		if ($s->{at}[$middle] <= $position) { $low = $middle } else { $high = $middle - 1 }
	}
	return $low;
}

sub common {
	my ($one, $i, $two, $k) = @_;
	my $n = 0;
	for (my $step = 4096; $step >= 2;) {
		my ($a, $b) = (substr($one, $i + $n, $step), substr($two, $k + $n, $step));
		if ($a ne '' && length $a == length $b
			&& $a eq $b) { $n += length $a } else { $step = int($step / 2) }
	}
	return $n - $n % 2;
}

# Every byte recorded was sent, in this order; what was sent and not recorded has a reason.
sub wire_bytes {
	my ($sent, $captured) = @_;
	for my $name (grep { !$sent->{$_}{can} } sort keys %$sent) {
		my $messages = $sent->{$name}{messages};
		my $s = stream([map { +{t => $_->{t}, bytes => $_->{hex}} } @$messages]);
		my $r = stream([grep { $_->{bytes} ne '' } map { +{t => $_->{t}, bytes => line_bytes($_)} }
				grep { $_->{channel} eq $name } @$captured]);
		align($name, $messages, $s, $r);
		$figure{'bytes sent'} += length($s->{text}) / 2;
		$figure{'bytes recorded'} += length($r->{text}) / 2;
	}
}

sub align {
	my ($name, $messages, $s, $r) = @_;
	my ($i, $k) = (0, 0);
	while ($k < length $r->{text}) {
		my $n = common($s->{text}, $i, $r->{text}, $k);
		$i += $n;
		$k += $n;
		last if $k >= length $r->{text};
		my $jump = find_next($s, $i, $r, $k);
		if (defined $jump) {
			my $back = gap_begins($name, $messages, $s, $i, $jump, $n);
			$_ -= $back for $i, $k, $jump;
			missing_bytes($name, $messages, $s, $i, $jump);
			$i = $jump;
		} else {
			my $t = $r->{t}[piece_at($r, $k)];
			evidence('bytes recorded that were not sent', $t, "$name " . substr $r->{text}, $k,
				64);
			$k += 2;
		}
	}
	missing_bytes($name, $messages, $s, $i, length $s->{text});
}

# Where the next recorded bytes are in what was sent until then: first by many of them, then by fewer.
sub find_next {
	my ($s, $i, $r, $k) = @_;
	for my $n (64, 32, 16, 8, 4) {
		my $anchor = substr $r->{text}, $k, $n;
		my $from = $i;
		while (($from = index $s->{text}, $anchor, $from) >= 0 && $from % 2) { $from++ }
		next if $from < 0;
		return $from if $s->{t}[piece_at($s, $from)] <= $r->{t}[piece_at($r, $k)] + .5;
	}
	return undef;
}

# The bytes of each message in a gap: [message, number].
sub gap_bytes {
	my ($messages, $s, $from, $to) = @_;
	my @all;
	for my $n ($from < $to ? piece_at($s, $from) .. piece_at($s, $to - 1) : ()) {
		my ($begin, $finish) = ($s->{at}[$n], $s->{at}[$n] + length $messages->[$n]{hex});
		$begin = $from if $begin < $from;
		$finish = $to if $finish > $to;
		push @all, [$messages->[$n], ($finish - $begin) / 2] if $finish > $begin;
	}
	return @all;
}

sub why_missing {
	my ($name, $m) = @_;
	return !$m->{heard} ? 'not given to the link' : why_not_captured($name, $m->{t});
}

# Bytes at the end of a gap may equal those before it: then it may have begun earlier.  Returns by how much,
# so
# that as few bytes as possible are missing without a reason, and the gap begins with a message if it can.
sub gap_begins {
	my ($name, $messages, $s, $from, $to, $most) = @_;
	my ($best, $least);
	for (my $back = 0; $back <= $most && $back <= 2000; $back += 2) {
		last if $back && substr($s->{text}, $from - $back, 2) ne substr($s->{text}, $to - $back, 2);
		next unless $back == 0 || $s->{begins}{$from - $back};
		my $bytes = $s->{begins}{$from - $back} ? 0 : .5;
		$bytes += $_->[1] for grep { !why_missing($name, $_->[0]) }
			gap_bytes($messages, $s, $from - $back, $to - $back);
		($best, $least) = ($back, $bytes) if !defined $best || $bytes < $least;
		last if $least == 0;
	}
	return $best;
}

sub missing_bytes {
	my ($name, $messages, $s, $from, $to) = @_;
	for (gap_bytes($messages, $s, $from, $to)) {
		my ($m, $bytes) = @$_;
		my $why = why_missing($name, $m);
		$figure{'bytes lost'} += $bytes;
		$why ? $figure{"bytes lost: $why"} += $bytes
			: evidence('bytes lost without a reason', $m->{t}, "$name $bytes bytes of $m->{what} "
				. ($m->{bms} // '-') . ' ' . substr $m->{hex}, 0, 40);
	}
}

# Faults that make the sender of a valid frame uncertain: then it is an orphan.
my $uncertain = join '|', qw(late late-writes twin duplicate collide all-faults master-at poller-at echo-part
	echo-late noise false-header padding cut segment);

# Each valid, acknowledged frame was recorded as that of its pack; each recorded frame was sent by that pack.
sub wire_frames {
	my ($sent, $captured) = @_;
	for my $name (grep { !$sent->{$_}{can} } sort keys %$sent) {
		my @frames = grep { $_->{what} eq 'frame' } @{$sent->{$name}{messages}};
		acked_behind_zeros($sent->{$name}{messages});
		my %places; # of frames with an acknowledgement: without it the sender is unknown
		push @{$places{$frames[$_]{hex}}}, $_ for grep { $frames[$_]{acked} || $frames[$_]{zeros} }
			0 .. $#frames;
		my (%orphan, $waits); # of an orphan: how much later the next line came
		for my $line (grep { $_->{channel} eq $name } @$captured) {
			$orphan{$waits->{words}} = $line->{time} - $waits->{time} if $waits;
			$waits = ($line->{event} // '') eq 'orphan' ? $line : undef;
			$orphan{$line->{words}} = 0 if $waits;
			next unless ($line->{dir} // '') eq 'R' && length $line->{hex} >= 600
				&& $line->{hex} =~ /^55AAEB90/;
			$line->{frame} = 1;
			$figure{'frames recorded'}++;
			recorded_frame($name, $line, \@frames, $places{substr $line->{hex}, 0, 600});
		}
		unrecorded($name, $_, \%orphan) for @frames;
	}
}

# Noise of zeros before the acknowledgement is taken for the padding that some packs send.  jk-sim does not
# know that; such a frame may be recorded, and need not.
sub acked_behind_zeros {
	my ($messages) = @_;
	my $frame;
	for (@$messages) {
		$frame->{zeros} = 1 if $frame && $_->{what} eq 'ack' && $_->{state} eq 'valid'
			&& $_->{bms} == $frame->{bms};
		next if $_->{what} eq 'noise' && $_->{hex} =~ /^(00)+$/;
		$frame = $_->{what} eq 'frame' && $_->{state} eq 'valid' && !$_->{acked} ? $_ : undef;
	}
}

sub recorded_frame {
	my ($name, $line, $frames, $places) = @_;
	shift @$places while $places && @$places && ($frames->[$places->[0]]{line}
		|| late_for($frames->[$places->[0]], $line));
	# Of equal frames that which was just sent, else the oldest, which a stage that was stopped held.
	my @open = grep { !$_->{line} && $_->{bms} == $line->{id} && $_->{t} <= $line->{t} + .5 }
		map { $frames->[$_] } $places ? @$places : ();
	my ($m) = grep { $_->{t} > $line->{t} - 2 } @open;
	$m //= $open[0];
	if (!$m) {
		my $what = $places && @$places ? 'wrong packs' : 'frames recorded that were not sent';
		return evidence($what, $line->{t}, "$name $line->{id} $line->{hex}");
	}
	$m->{line} = $line;
	$line->{message} = $m;
}

# Sent so long before that this line cannot be it, unless a stage was stopped.
sub late_for {
	my ($m, $line) = @_;
	return $m->{t} < $line->{t} - 90;
}

sub unrecorded {
	my ($name, $m, $orphan) = @_;
	return unless $m->{state} =~ /^(valid|contradicting)$/;
	$figure{'frames sent'}++;
	return $figure{'frames sent without an acknowledgement'}++ unless $m->{acked};
	return if $m->{line};
	$figure{'frames lost before the recording'}++;
	my $why = !$m->{heard} ? 'not given to the link' : why_not_captured($name, $m->{t});
	my ($fault) = grep { /^($uncertain)$/ } sort keys %{$m->{segment}{kinds}};
	$why //= "the sender was uncertain ($fault)" if $fault && defined $orphan->{$m->{hex}};
	# Another pack may have answered meanwhile: rightly, the pack is polled again.
	$why //= 'the machine was too slow' if ($orphan->{$m->{hex}} // 0) > .02;
	$why //= "overlapped on the wire ($fault)" if $fault && $fault =~ /^(late|collide|all-faults|cut)/;
	return $figure{"frames lost: $why"}++ if $why;
	my $as = defined $orphan->{$m->{hex}} ? 'orphan' : 'not at all';
	evidence('frames lost without a reason', $m->{t},
		"$name $m->{bms} $m->{type} recorded $as; simulator: "
		. join(',', sort keys %{$m->{segment}{kinds}}) . ' ' . $m->{hex});
}

# Never transmit unless asked: each request that the bus heard is in the recording.
sub wire_requests {
	my ($sent, $captured) = @_;
	for my $name (grep { !$sent->{$_}{can} } sort keys %$sent) {
		my %recorded;
		push @{$recorded{$_->{hex}}}, $_->{t} for
			grep { $_->{channel} eq $name && ($_->{dir} // '') eq 'T' } @$captured;
		for my $m (@{$sent->{$name}{requests}}) {
			$figure{'requests heard'}++;
			next if $m->{fate} eq 'collided'
				&& $m->{segment}{kinds}{freeze}; # several, read at once after it
			# The line of an equal request must not stand for one that was lost.
			next if why_not_captured($name, $m->{t});
			# The simulator may have read two at once.
			my @parts = length $m->{hex} == 44 ? $m->{hex} =~ /.{22}/g : $m->{hex};
			next unless grep { !was_recorded($m, $recorded{$_} // []) } @parts;
			evidence('requests heard that were not recorded', $m->{t},
				"$name $m->{fate} $m->{hex}");
		}
	}
}

# The line of a request is written when it is transmitted, and read at once unless a stage is stopped or away,
# or the machine is late.
sub was_recorded {
	my ($m, $times) = @_;
	my ($t, $frozen) = ($m->{t}, $m->{segment}{kinds}{freeze}); # then it hears them later
	my $late = .8 + machine_late_s($t - 3, $t + 3);
	my $held = held_until($t);
	my $latest = $held > $t + 3 ? $held : $t + $late;
	my $earliest = $t - ($frozen ? 45 : $late + sim_late_s($m));
	for (@$times) {
		next if !$_ || $_ < $earliest || $_ > $latest;
		$_ = 0; # it is the line of this request only
		return 1;
	}
	return 0;
}

# Passcodes are blanked in the recording, also where they may only be: of all but live, settings and CAN
# frames the length of the data is compared.
sub without_passcodes {
	my ($text) = @_;
	return $text if $text =~ /^\S+ \S+ ([0-9A-F]{3}|[0-9A-F]{8}|..(?=#55AAEB900[12]))#/;
	my ($place, $data) = $text =~ /^(\S+ \S+ )(.*)$/ or return $text;
	return $place . ($data =~ s{\b([0-9A-F]{2,})\b}{'*' x length $1}ger);
}

# The recording of the tree itself, on the small disk: all lines, but for times of a full disk and kills.
sub wire_recording {
	my ($captured) = @_;
	my %there;
	my $state = -d "$dir/states" ? "$dir/states" : "$dir/state";
	# What s6-log has not compressed yet is passed through.
	for my $path (grep { !m{/(lock|state|newstate)$} } glob "$state/archive/*") {
		open my $in, '-|', 'zstd', '-dcqf', $path or next;
		while (my $line = <$in>) {
			chomp $line;
			$there{without_passcodes($line)}++;
		}
	}
	for my $line (@$captured) {
		$figure{'lines captured'}++;
		my $text = "($line->{time}) $line->{channel} " . ($line->{event}
			? join ' ', "!$line->{event}",
			$line->{words} eq '' ? () : $line->{words}
				: $line->{text});
		if ($there{without_passcodes($text)}) {
			$figure{'lines in the recording'}++;
		} elsif (my $why = fault_between_times(qr/^(disk|kill ($recorders))/, $line->{t} - 5,
			$line->{t} + 65)) {
			$figure{"lines missing in the recording: $why"}++;
		} else {
			evidence('lines missing in the recording without a reason', $line->{t}, $text);
		}
	}
}

1;
