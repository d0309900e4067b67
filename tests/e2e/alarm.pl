#!/usr/bin/perl
# alarm.pl frames OFFSET LOG     what the simulated bus sent, as frame lines with their times, OFFSET seconds
#                                later, and with a capture's statistics every ten seconds
# alarm.pl expect OFFSET LOG...  the alarms that follow from it, by a model of its own: lines of "TIME BMS KEY
#                                on|off".  OFFSET is that of the first log; each log continues the last one
# alarm.pl told RECORDS          the same from the records of jk-alarm
# alarm.pl sheet ALARMS.TSV      each row of the sheet as records, and that jk-alarm raises that row's alarm
# alarm.pl chunks SEED FILE      the file in pieces of random size
use strict;
use warnings;

my $base = 1763856000;
my $silent = 30;

sub time_of { my ($t) = @_; return sprintf '%.6f', $base + $t }

# The frames of a log that a capture gives to a BMS, each with its acknowledgement behind it.
sub each_frame {
	my ($name, $offset, $take) = @_;
	open my $log, '<', $name or die "$name: $!\n";
	my $last = $offset;
	while (<$log>) {
		next unless /"what":"frame"/ && /"acked":true/ && /"heard":true/;
		my ($t) = /"t":([\d.]+)/;
		my ($state) = /"state":"(\w+)"/;
		next unless $state eq 'valid' || $state eq 'contradicting';
		my ($bms) = /"bms":(\d+)/;
		my ($hex) = /"hex":"([0-9A-Fa-f]+)"/;
		my ($soc) = /"state_of_charge":(\d+)/;
		my ($type) = /"type":"(\w+)"/;
		$last = $offset + $t;
		$take->({ t => $last, bms => $bms, hex => uc $hex, state => $state, type => $type,
			soc => $soc });
	}
	return $last;
}

# A live frame of a run that began so many seconds later: its runtime goes on where that of the run before
# ended, as that of one pack does.
sub later {
	my ($hex, $seconds) = @_;
	my $frame = pack 'H*', $hex;
	return $hex if $seconds == 0 || substr($frame, 4, 1) ne "\x02";
	substr($frame, 194, 4) = pack 'V', $seconds + unpack 'V', substr $frame, 194, 4;
	my $damage = (unpack('C', substr $frame, 299, 1) - unpack('%8C*', substr pack('H*', $hex), 0, 299))
		& 255;
	substr($frame, 299, 1) = pack 'C', (unpack('%8C*', substr $frame, 0, 299) + $damage) & 255;
	return uc unpack 'H*', $frame;
}

sub frames {
	my ($offset, $name) = @_;
	my $next = $offset + 2;
	my $count = 0;
	each_frame($name, $offset, sub {
		my ($f) = @_;
		for (; $next < $f->{t}; $next += 10) {
			printf "(%s) bus !stats - up=%d bytes=%d junk=0 orphan=0 reopened=0\n",
				time_of($next), $next - $offset, $count;
		}
		$count += 308;
		printf "(%s) bus %02X#%s R\n", time_of($f->{t}), $f->{bms}, later($f->{hex}, $offset);
	});
}

my (%last, %silent, %bits, %low, %row, %contradicts);

sub say_alarm {
	my ($t, $bms, $key, $on) = @_;
	printf "%s %d %s %s\n", time_of($t), $bms, $key, $on ? 'on' : 'off';
}

# Whoever has said nothing for too long, in the order in which that was so.
sub silence {
	my ($now) = @_;
	for my $bms (sort { $last{$a} <=> $last{$b} } grep { !$silent{$_} } keys %last) {
		my $due = $last{$bms} + $silent + 0.000001;
		next if $due > $now;
		say_alarm($due, $bms, 'silent', 1);
		$silent{$bms} = 1;
	}
}

my %names = (1 => 'mosfet_overtemperature', 4 => 'cell_overvoltage', 19 => 'modify_password',
	30 => 'unknown_bit_30');

sub judge {
	my ($f) = @_;
	my ($t, $bms) = ($f->{t}, $f->{bms});
	silence($t);
	if ($f->{state} eq 'contradicting') {
		my $bits = unpack 'V', substr pack('H*', $f->{hex}), 166, 4;
		push @{ $row{$bms} }, $bits;
		return if @{ $row{$bms} } < 3;
		set_bits($t, $bms, $bits) if grep({ $_ == $bits } @{ $row{$bms} }[-3 .. -1]) == 3;
		say_alarm($t, $bms, 'inconsistent_frames', 1) unless $contradicts{$bms}++;
		return;
	}
	my $was_silent = $silent{$bms};
	$last{$bms} = $t;
	$silent{$bms} = 0;
	if ($f->{type} eq 'live') {
		set_bits($t, $bms, unpack 'V', substr pack('H*', $f->{hex}), 166, 4);
		say_alarm($t, $bms, 'inconsistent_frames', 0) if $contradicts{$bms};
		$row{$bms} = [];
		$contradicts{$bms} = 0;
	}
	my $low = $low{$bms};
	$low{$bms} = $low ? $f->{soc} <= 20 : $f->{soc} < 15 if $f->{type} eq 'live';
	# of one record: in the order of the rules
	say_alarm($t, $bms, 'silent', 0) if $was_silent;
	say_alarm($t, $bms, 'state_of_charge', $low{$bms}) if $f->{type} eq 'live' && !!$low != !!$low{$bms};
}

sub set_bits {
	my ($t, $bms, $new) = @_;
	my $old = $bits{$bms} // 0;
	for my $bit (0 .. 31) {
		next unless ($old ^ $new) >> $bit & 1;
		say_alarm($t, $bms, $names{$bit} // "bit $bit", $new >> $bit & 1);
	}
	$bits{$bms} = $new;
}

sub expect {
	my ($offset, @logs) = @_;
	$offset = int(each_frame($_, $offset, \&judge)) + 1 for @logs;
}

sub told {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	while (<$f>) {
		next unless /"type":"alarm"/;
		my ($t, $bms) = /^\{"time":([\d.]+),"channel":"bus","bms":(\d+),/ or die "$name:$.: $_";
		my ($key, $on) = /"key":"(\w+)".*"active":(true|false)/ or die "$name:$.: $_";
		printf "%s %d %s %s\n", $t, $bms, $key, $on eq 'true' ? 'on' : 'off';
	}
}

sub chunks {
	my ($seed, $name) = @_;
	srand $seed;
	open my $f, '<:raw', $name or die "$name: $!\n";
	binmode STDOUT;
	my $data = do { local $/; <$f> };
	for (my $at = 0; $at < length $data;) {
		my $n = 1 + int(rand(2)) * int(rand 3) + int(rand(2)) * int(rand 40000);
		syswrite STDOUT, substr($data, $at, $n);
		$at += $n;
	}
}

# A record of each row goes to jk-alarm, one that is clear behind it; what it tells is compared with the row.
# The alarm of a level has key and text of the RS485 alarm that means the same: a column of our own sheet
# alone.
sub equivalents {
	my %rs485;
	open my $f, '<', 'common/protocol/alarms.tsv' or die "common/protocol/alarms.tsv: $!\n";
	chomp(my @head = split /\t/, <$f>);
	while (<$f>) {
		chomp;
		my %row;
		@row{@head} = split /\t/, $_, -1;
		$rs485{ $row{key} } = $row{equivalent}
			if $row{source} eq 'can_0x7F4' && $row{equivalent} ne '';
	}
	return %rs485;
}

sub sheet {
	my ($name) = @_;
	my %rs485 = equivalents();
	my %keys = (rs485 => ['live', 'errors_bitmask'], can_0x7F4 => ['can', 'can_alarm_levels'],
		can_0x18F328F4 => ['can', 'can_error_bits']);
	my %levels = (1 => 'critical', 2 => 'alarm', 3 => 'warning');
	open my $f, '<', $name or die "$name: $!\n";
	my (@head, @wants, $input, %text);
	while (<$f>) {
		chomp;
		my @columns = split /\t/, $_, -1;
		@head ? () : (@head = @columns, next);
		my %row;
		@row{@head} = @columns;
		$text{ $row{key} } = $row{text} if $row{source} eq 'rs485';
		my ($type, $key) = @{ $keys{ $row{source} } or die "$row{source}: an unknown source\n" };
		for my $level ($row{bits} == 2 ? (1, 2, 3) : 1) {
			my $head = sprintf '"channel":"c","bms":1,"type":"%s","%s":', $type, $key;
			my $t = 10 * @wants;
			$input .= sprintf "{\"time\":%d.0,%s%d}\n{\"time\":%d.0,%s0}\n", $t, $head,
				$level << $row{start_bit}, $t + 5, $head;
			my $severity = $row{bits} == 2 ? $levels{$level} : $row{severity};
			my $alarm = $row{bits} == 2 && $rs485{ $row{key} } || $row{key};
			push @wants, [$alarm, $severity, $alarm eq $row{key} ? $row{text} : $text{$alarm}];
		}
	}
	open my $tmp, '>', "$ENV{dir}/sheet" or die;
	print $tmp $input;
	close $tmp;
	my @got = grep { /"type":"alarm"/ && /"active":true/ } `jk-alarm -r /dev/null $ENV{dir}/sheet`;
	@got == @wants or die @got . " alarms, not " . @wants . "\n";
	for my $want (@wants) {
		my ($key, $severity, $text) =
			shift(@got) =~ /"key":"(\w+)","severity":"(\w+)","text":"([^"]*)"/;
		"$key $severity $text" eq "@$want" or die "'$key $severity $text' is not '@$want'\n";
	}
	print scalar(@wants), " alarms\n";
}

my %modes = (sheet => \&sheet, frames => \&frames, expect => \&expect, told => \&told, chunks => \&chunks);
my $mode = $modes{ shift // '' } or die "usage: alarm.pl frames|expect|told|chunks ...\n";
$mode->(@ARGV);
