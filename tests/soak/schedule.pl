# Everything that will happen in a run, drawn from its seed: the same seed gives the same schedule.
use strict;
use warnings;

# Whole numbers from low to high.
sub draw {
	my ($low, $high) = @_;
	return $low + int rand($high - $low + 1);
}

# One of a list; mostly short times, sometimes long ones.
sub any { return $_[rand @_]; }
sub span { return .1 * draw(1, 10) * any(1, 1, 10, 10, 60); }

# Options of jk-sim, by the name of the fault in the table; length: of the segment, in seconds.  Addresses are
# 1 to 3.
sub window {
	my ($length, $longest) = @_;
	my $from = draw(5, $length / 2);
	return sprintf '%d-%d', $from, $from + draw(2, $longest);
}
my %sim_faults = (
	'nothing' => sub { () },
	'noise' => sub { ('--noise', .2) },
	'false-header' => sub { ('--false-header', .2) },
	'flip' => sub { ('--flip', .2) },
	'burst' => sub { ('--burst', .2) },
	'truncate' => sub { ('--truncate', .2) },
	'contradict' => sub { ('--contradict', .15) },
	'no-ack' => sub { ('--no-ack', .2) },
	'bad-ack' => sub { ('--bad-ack', .2) },
	'exceptions' => sub { ('--exceptions', .1) },
	'refuse-writes' => sub { ('--refuse-writes', '.5@' . any(1, 2, 3)) },
	'forget-writes' => sub { ('--forget-writes', .5) },
	'lose-writes' => sub { ('--lose-writes', .5) },
	'unacknowledged-writes' => sub { ('--unacknowledged-writes', .5) },
	'misaddress-writes' => sub { ('--misaddress-writes', .5) },
	'late-writes' => sub { ('--late-writes', '.5@' . any(100, 400, 1200)) },
	'late' => sub { ('--late', '.1@' . any(100, 400, 1200)) },
	'collide' => sub { ('--collide', .1) },
	'duplicate' => sub { ('--duplicate', draw(1, 3)) },
	'twin' => sub { ('--twin', draw(1, 3) . ':' . draw(4, 16) . any('', '@0', '@20')) },
	'padding' => sub { ('--padding', draw(1, 80)) },
	'cut' => sub { ('--cut', draw(1, 300) . '@.2') },
	'silence' => sub { ('--silence', draw(1, 3) . '@' . window($_[0], 50)) },
	'silence all' => sub { my $when = window($_[0], 50); map { ('--silence', "$_\@$when") } 1 .. 3 },
	'echo' => sub { ('--echo') },
	'echo-late' => sub { ('--echo', '--echo-late', draw(10, 200)) },
	'echo-part' => sub { ('--echo', '--echo-part', .3) },
	'segment' => sub { ('--segment', draw(1, 40), '--segment-delay', draw(0, 20)) },
	'mute' => sub { ('--mute', window($_[0], 40)) },
	'freeze' => sub { ('--freeze', window($_[0], 40)) },
	'unplug' => sub { ('--unplug', window($_[0], 40)) },
	'refuse' => sub { ('--refuse', window($_[0], 30), '--hangup', 5) },
	'hangup' => sub { ('--hangup', draw(3, 30)) },
	'reset' => sub { ('--reset', '--hangup', draw(3, 30)) },
	'one-client' => sub { ('--one-client') },
	'master-at' => sub { ('--master-at', window($_[0], 20)) },
	'poller-at' => sub { ('--poller-at', window($_[0], 20)) },
	'load-steps' => sub { ('--load-steps', draw(20, 200)) },
	'all-faults' => sub { ('--all-faults') },
);
my %can_faults = (
	'nothing' => sub { () },
	'can-lost' => sub { ('--can-lost', .05) },
	'can-error-frames' => sub { ('--can-error-frames', .05) },
	'can-silence' => sub { ('--can-silence', draw(1, 2) . '@' . window($_[0], 50)) },
	'can-mute' => sub { ('--can-mute', window($_[0], 50)) },
	'can-levels' => sub { ('--can-levels', sprintf '%d:%X@%s', draw(1, 2), 1 << 2 * draw(0, 14),
		window($_[0], 30)) },
	'can-inverter' => sub { ('--can-inverter') },
	'can-cycle' => sub { ('--can-cycle', 'documents') },
	'twin' => sub { ('--twin', draw(1, 2) . ':' . draw(4, 16)) },
	'load-steps' => sub { ('--load-steps', draw(20, 200)) },
);
my @tcp_only = qw(refuse hangup reset one-client);

# For a pack of cards that is shuffled again when it is used up: every fault has its turn.
sub shuffled {
	my @all = @_;
	for (my $i = @all; --$i > 0;) {
		my $k = int rand($i + 1);
		@all[$i, $k] = @all[$k, $i];
	}
	return @all;
}

# A segment is the life of one jk-sim.
sub segments {
	my ($bus, $seconds) = @_;
	my $faults = $bus->{kind} eq 'can' ? \%can_faults : \%sim_faults;
	my %not_here = map { $_ => 1 } $bus->{kind} eq 'tcp' ? () : @tcp_only;
	my @deck;
	my @segments;
	for (my $at = 0; $at < $seconds;) {
		my $length = $at == 0 ? 30 : draw(45, 110);
		$length = $seconds - $at if $seconds - $at - $length < 45;
		my @names;
		for (1 .. ($at == 0 ? 0 : any(1, 1, 2, 3))) {
			@deck = shuffled(grep { !$not_here{$_} } sort keys %$faults) unless @deck;
			push @names, pop @deck;
		}
		@names = () if $at + $length >= $seconds;
		my @options = map { $faults->{$_}->($length) } @names;
		# The same packs as before: one whose runtime goes back again and again is taken for two.
		push @options, '--runtime', int $at;
		push @options, '--start', sprintf '%02d:%02d', draw(0, 23), draw(0, 59);
		push @options, '--current', draw(-80, 80) * 1000 if draw(0, 1);
		push @options, '--soc', any(2, 10, 50, 100) if draw(0, 5) == 0;
		my $until = $length > 30 ? draw(25, $length - 10) : 20;
		push @options, '--alarm', sprintf '%d:%X@%d-%d', $_, 1 << draw(0, 23), draw(5, 15), $until
			for grep { draw(0, 1) } 1 .. ($bus->{kind} eq 'can' ? 2 : 3);
		push @segments, {at => $at, what => 'segment', bus => $bus->{name}, kinds => join(',',
			@names) || 'nothing',
			length => $length, options => [@options, '--seed', draw(1, 1e9)]};
		$at += $length;
	}
	return @segments;
}

# Events at random times, on average one in so many seconds, and at least two in each run.
sub events {
	my ($seconds, $mean, $make) = @_;
	my ($from, $to) = (25, $seconds - 45);
	my $count = int(($to - $from) / $mean + .5);
	$count = 2 if $count < 2;
	return map { my %event = $make->(); +{at => $from + rand($to - $from), %event} } 1 .. $count;
}

my @settings = (
	# key, lowest and highest value in steps, digits after the point of a step
	['balance_trigger_voltage', 3, 900, 3],
	['charge_overcurrent_protection_delay', 4, 590, 0],
	['discharge_overcurrent_protection_delay', 4, 590, 0],
	['short_circuit_protection_recovery_time', 6, 590, 0],
);

# Each value is sent only once to a pack, so that its outcome can be told from others.
sub command {
	my ($buses, $used) = @_;
	while (1) {
		my ($bus, $bms, $setting) = (any(@$buses)->{name}, draw(1, 3), any(@settings));
		my ($key, $low, $high, $digits) = @$setting;
		my $value = sprintf "%.${digits}f", draw($low, $high) / 10**$digits;
		next if $used->{"$bus:$bms $key $value"}++;
		return (what => 'command', via => any(qw(fifo fifo set mqtt mqtt)), bus => $bus, bms => $bms,
			key => $key, value => $value);
	}
}

# schedule(SEED, SECONDS, \@buses, \@stages, $small_disk): a list of events in order of time.
sub schedule {
	my ($seed, $seconds, $buses, $stages, $small_disk) = @_;
	srand $seed;
	my %used;
	my @all = map { segments($_, $seconds) } @$buses;
	push @all, events($seconds, 45, sub { (what => 'kill', target => any(@$stages)) });
	push @all, events($seconds, 120, sub { (what => 'stop', target => any(@$stages, 'broker'),
		length => span()) });
	push @all, events($seconds, 200, sub { (what => 'broker', how => any(qw(restart crash wipe)),
		down => span()) });
	push @all, events($seconds, 240, sub { (what => 'link', how => any(qw(hold refuse reset)),
		length => span() / 2) });
	push @all, events($seconds, 240, sub { (what => 'clock', step => any(3600, -86400)) });
	push @all, events($seconds, 300, sub { (what => 'disk', length => draw(5, 40)) }) if $small_disk;
	my @writable = grep { $_->{kind} ne 'can' } @$buses;
	push @all, events($seconds, 9, sub { command(\@writable, \%used) });
	return sort { $a->{at} <=> $b->{at} } @all;
}

1;
