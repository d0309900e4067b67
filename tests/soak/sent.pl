# What was sent: reads the logs of jk-sim.  Knows nothing of the programs under test.
#   sent_load($dir)  returns {BUS => {messages => [...], requests => [...], links => [...],
# segments => [...]}}
# A message: t (monotonic), bms, what, type, state, acked, heard, hex, values {KEY => text}, kinds of its
# segment.  t is the time of the bus; t_written of CAN is when a simulator that the machine let wait wrote it.
use strict;
use warnings;

# The members of a flat JSON object as text; arrays are one text.
sub members {
	my ($json) = @_;
	my %of;
	$of{$1} = $2 while $json =~ /"(\w+)":(\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,{}]+)/g;
	s/^"(.*)"$/$1/ for values %of;
	return \%of;
}

sub read_lines {
	my ($path, $take) = @_;
	open my $in, '<', $path or return;
	while (my $line = <$in>) {
		chomp $line;
		$take->($line);
	}
}

my %link_event = map { $_ => 1 } qw(connected disconnected refused unplugged plugged dropped stalled);

sub load_segment {
	my ($bus, $path, $segment) = @_;
	my $zero;
	read_lines($path, sub {
		my ($line) = @_;
		my $values = $line =~ s/,"values":\{(.*)\}\}$/}/ ? $1 : undef;
		my $m = members($line);
		$zero = $m->{monotonic} if $m->{what} eq 'begun';
		$m->{t} += $zero;
		$m->{t_written} = defined $m->{written} ? $zero + $m->{written} : $m->{t}
			if $m->{what} eq 'can';
		$m->{$_} = ($m->{$_} // '') eq 'true' for qw(acked heard);
		$m->{segment} = $segment;
		if ($link_event{$m->{what}}) {
			push @{$bus->{links}}, $m;
			push @{$segment->{stalls}}, $m if $m->{what} eq 'stalled';
		} elsif (($m->{from} // '') eq 'client' && defined $m->{hex}) {
			push @{$bus->{requests}}, $m;
		} elsif (defined $m->{hex}) {
			$m->{values_text} = $values;
			push @{$bus->{messages}}, $m;
		}
	});
	$segment->{begun} = $zero // $segment->{at};
}

# Messages keep the text of their values; most are never looked at.
sub values_of {
	my ($m) = @_;
	return $m->{values} //= defined $m->{values_text} ? members($m->{values_text}) : {};
}

sub sent_load {
	my ($dir) = @_;
	my %buses;
	read_lines("$dir/segments.log", sub {
		my ($at, $name, $number, $length, $kinds, $options) = split /\t/, $_[0];
		my $bus = $buses{$name} //= {name => $name, messages => [], requests => [], links => [],
			segments => []};
		$bus->{can} = 1 if $options =~ /--can /;
		my $segment = {bus => $name, at => $at, number => $number, length => $length,
			options => $options,
			kinds => {map { $_ => 1 } split /,/, $kinds}};
		push @{$bus->{segments}}, $segment;
		load_segment($bus, "$dir/sim/$name.$number.log", $segment);
	});
	return \%buses;
}

1;
