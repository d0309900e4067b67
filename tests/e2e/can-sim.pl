#!/usr/bin/perl
# What a test of the CAN bus looks for in records and in published states.
#   can-sim.pl sent LOG RECORDS     each frame of a pack that was heard is a record with the values of the
#                               simulator's log, in its sequence, and there is no other record
#   can-sim.pl transitions RECORDS  BMS, key, active, severity and seconds since the start, of each alarm
#   can-sim.pl replay LOG CAN       both buses as one frame stream in the sequence of time, RS485 from the log
#   can-sim.pl apart PREFIX < SEEN  states that were published of packs with values of their own: no value
#                               of one in another; prints how many states each pack has
use strict;
use warnings;

my $start = 1763856000;

# Members that the decoder makes within a frame, and texts of numbers.
sub derived { $_[0] =~ /^(power|delta_cell_voltage|\w+_text)$/ }

sub members {
	my ($text) = @_;
	my %m;
	$m{$1} = $2 while $text =~ /"(\w+)":("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^,{}\[\]]+)/g;
	return \%m;
}

sub same {
	my ($a, $b) = @_;
	my $number = qr/^-?[\d.]+$/;
	return defined $a && defined $b && ($a eq $b || ($a =~ $number && $b =~ $number && $a == $b));
}

# The keys of the levels, from bit 0; two bits each.
my @levels = qw(cell_overvoltage cell_undervoltage total_overvoltage total_undervoltage
	cell_voltage_difference discharge_overcurrent charge_overcurrent temperature_high temperature_low
	temperature_difference soc_low insulation_low high_voltage_interlock external_communication
	internal_communication unknown_level_15);

sub levels_of {
	my ($mask) = @_;
	return map { my $l = $mask >> 2 * $_ & 3; $l ? ($levels[$_] => $l) : () } 0 .. 15;
}

sub sent {
	my ($log, $records) = @_;
	open my $l, '<', $log or die "$log: $!\n";
	open my $r, '<', $records or die "$records: $!\n";
	my ($n, %kinds) = 0;
	while (<$l>) {
		/"what":"can","bms":(\d+),"id":"(\w+)","heard":true,.*"values":\{(.*)\}\}$/ or next;
		my ($bms, $id, $values) = ($1, $2, members($3));
		my ($t) = /"t":([\d.]+)/;
		my $line = <$r> // die "no record of: $_";
		my $record = members($line);
		abs($record->{time} - $start - $t) < .000002 or die "sent: ${_}came: $line";
		$record->{bms} == $bms && $record->{type} eq '"can"'
			or die "sent: ${_}came: $line";
		delete @$record{qw(time channel bms type pack label)};
		my %levels = levels_of($values->{can_alarm_levels} // 0);
		$values->{$_} = $levels{$_} for keys %levels;
		for my $key (keys %$values) {
			# A cell of 0 would be none, and the simulator sends none.
			same($record->{$key}, $values->{$key}) or die "$key: sent: ${_}came: $line";
			delete $record->{$key};
		}
		derived($_) or die "$_ was not sent: $line" for keys %$record;
		$n++;
		$kinds{substr $id, 0, 6}++;
	}
	my $more = <$r>;
	defined $more and die "nobody sent: $more";
	$n or die "nothing was sent\n";
	print "$n records of ", scalar keys %kinds, " kinds\n";
}

sub transitions {
	open my $r, '<', $_[0] or die "$_[0]: $!\n";
	while (<$r>) {
		/"type":"alarm"/ or next;
		my $m = members($_);
		my @words = map { $m->{$_} =~ tr/"//dr } qw(bms key active severity);
		printf "@words %.6f\n", $m->{time} - $start;
	}
}

sub replay {
	my ($log, $can) = @_;
	my @lines;
	open my $c, '<', $can or die "$can: $!\n";
	/^\((\d+\.\d+)\)/ and push @lines, [$1, $_] while <$c>;
	open my $l, '<', $log or die "$log: $!\n";
	while (<$l>) {
		/"what":"(?:request|frame|ack)".*"bms":(\d+),.*"heard":true,.*"hex":"(\w+)"/ or next;
		my ($bms, $hex) = ($1, $2);
		my $t = /"t":(\d+\.\d+)/ ? $1 : die $_;
		my $time = sprintf '%.6f', $start + $t;
		push @lines, [$time, sprintf "(%s) ttyUSB0 %02X#%s R\n", $time, $bms, $hex];
	}
	print $_->[1] for sort { $a->[0] <=> $b->[0] } @lines;
}

# The simulated packs N of the tests have SOC 9 N + 20, N + 10 amperes, 10 + 5 N degrees and 4 N + 4 cells, of
# which CAN shows 25.
my %own = (
	state_of_charge => sub { $_[1] == 9 * $_[0] + 20 },
	current => sub { abs($_[1] - 10 - $_[0]) < .05 },
	power => sub { $_[1] > 0 },
	total_voltage => sub { my $n = 4 * $_[0] + 4; $_[1] > 2.9 * $n && $_[1] < 3.65 * $n },
	max_voltage_cell => sub { $_[1] >= 1 && $_[1] <= 4 * $_[0] + 4 },
	min_voltage_cell => sub { $_[1] >= 1 && $_[1] <= 4 * $_[0] + 4 },
	total_runtime => sub { my $r = $_[1] - 20000000 - 86413 * $_[0]; $r >= 0 && $r < 86400 },
	full_charge_capacity => sub { $_[1] == (280, 100, 314, 230)[$_[0] % 4] },
	requested_charge_voltage => sub { abs($_[1] - 3.5 * (4 * $_[0] + 4)) < .1 },
);
$own{$_} = sub { abs($_[1] - 10 - 5 * $_[0]) <= 1 }
	for map { ($_ . '_temperature') } qw(max min average mosfet);
$own{"temperature_sensor_$_"} = $own{max_temperature} for 1 .. 5;
for my $cell (1 .. 32) {
	$own{"cell_voltage_$cell"} = sub { $cell <= 4 * $_[0] + 4 && $_[1] > 2.9 && $_[1] < 3.65 };
}

sub apart {
	my ($prefix) = @_;
	my (%states, %keys);
	while (<STDIN>) {
		my ($topic, $payload) = /^(\S+) \S+ \S+ (.*)$/ or next;
		my ($n) = $topic =~ m{^\Q$prefix\E/bms_(\d+)/live$} or next;
		$payload =~ /^\{/ or next;
		my $m = members($payload);
		# The cells are a list, as in the records of RS485.
		my $cells = delete $m->{cell_voltages} // '[]';
		my $cell = 0;
		$m->{'cell_voltage_' . ++$cell} = $_ for split /,/, $cells =~ tr/[]//dr;
		$m->{bms} == $n or die "BMS $m->{bms} in $topic\n";
		for my $key (keys %$m) {
			my $check = $own{$key} or next;
			next if $m->{$key} eq 'null';
			$check->($n, $m->{$key}) or die "$topic: $key is $m->{$key}: $payload\n";
			$keys{$n}{$key}++;
		}
		$states{$n}++;
	}
	keys %keys or die "no states\n";
	for my $n (sort { $a <=> $b } keys %states) {
		my $cells = grep { /^cell_voltage_/ } keys %{$keys{$n}};
		my $most = 4 * $n + 4 < 25 ? 4 * $n + 4 : 25;
		$cells == $most or die "pack $n has $cells cells\n";
		my @keys = sort keys %{$keys{$n}};
		@keys >= 15 + $most or die "pack $n has only the keys @keys\n";
		print "$n $states{$n}\n";
	}
}

my %do = (sent => \&sent, transitions => \&transitions, replay => \&replay, apart => \&apart);
my $verb = shift // '';
($do{$verb} or die "usage: can-sim.pl sent|transitions|replay|apart ...\n")->(@ARGV);
