#!/usr/bin/perl
# protocol.pl: the tables of frames in jk-protocol(7) against the sheets: offsets, registers, bytes, keys and
# identifiers of every row.
use strict;
use warnings;

my $wrong = 0;

sub wrong {
	print "@_\n";
	$wrong++;
}

sub rows {
	my ($sheet) = @_;
	open my $f, '<', "common/protocol/$sheet.tsv" or die "$sheet.tsv: $!\n";
	chomp(my @lines = <$f>);
	my @head = split /\t/, shift @lines;
	return map { my %row; @row{@head} = split /\t/, $_, -1; \%row } @lines;
}

# The lines of the literal block after a heading; with more lines than one heading, of all such blocks.
sub block {
	my ($page, $heading) = @_;
	$page =~ /^\Q$heading\E\n.*?^\.Bd -literal[^\n]*\n[^\n]*\n(.*?)^\.Ed$/ms or
		die "no table in $heading\n";
	return split /\n/, $1;
}

# "74 76    0x1244  ..." and "6-69  0x1200  ...": each offset begins a field, the first at that register.
sub frame_table {
	my ($sheet, @lines) = @_;
	my (%register, %end);
	for my $row (rows($sheet)) {
		$register{$row->{offset}} //= $row->{register};
		$end{$row->{offset} + $row->{size} - 1} = 1;
	}
	my $count = 0;
	for (@lines) {
		next unless /^(\d[\d -]*?) +(0x[0-9A-F]{4}) /;
		my ($offsets, $at) = ($1, $2);
		my ($first, @more) = split /[ -]/, $offsets;
		($register{$first} // '') eq $at or wrong("$sheet: $offsets is not at $at");
		$offsets =~ /-(\d+)/ && !$end{$1} and wrong("$sheet: no field ends at $1");
		$offsets !~ /-/ && grep { !defined $register{$_} } @more and
			wrong("$sheet: no field at each of $offsets");
		$count++;
	}
	return $count;
}

# "0x0351   0-1  charge_voltage_limit, 0.1 V"; a line without an identifier is of the frame above.
sub inverter_table {
	my %end = map { ("$_->{id_base} $_->{byte} $_->{key}" => $_->{byte} + $_->{length} - 1) }
		rows('inverter');
	my ($id, $count) = ('', 0);
	for (@_) {
		$id = sprintf '0x%04X', hex $1 if /^0x([0-9A-F]+)/;
		next unless /^(?:0x\S+)? +(\d)(?:-(\d))?  ([a-z_]+)\b/;
		my ($first, $last, $key) = ($1, $2 // $1, $3);
		($end{"$id $first $key"} // -1) == $last or
			wrong("inverter: $key is not at $first-$last of $id");
		$count++;
	}
	return $count;
}

# "0x02F4      20/100     ...": the cycle of the documents and the measured one.
sub can_table {
	my %cycle;
	$cycle{$_->{id_base}} //= $_->{cycle_ms} for rows('can');
	my %seen;
	for (@_) {
		next unless /^(0x[0-9A-F]{4,8}) +(\S+) /;
		my ($id, $cycle) = ($1, $2);
		$seen{$id} = 1;
		defined $cycle{$id} or wrong("can: no frame $id"), next;
		my ($documents) = $cycle =~ m{^(\d+)/} or next;
		$cycle{$id} =~ /^$documents\b/ or wrong("can: the cycle of $id is $cycle{$id}");
	}
	wrong("can: $_ is missing") for grep { !$seen{$_} } sort keys %cycle;
	return scalar keys %seen;
}

open my $f, '<', 'man/jk-protocol.7' or die "man/jk-protocol.7: $!\n";
my $page = do { local $/; <$f> };
my %least = (live => 35, settings => 14, about => 25, can => 18, inverter => 18);
my %count = (
	live => frame_table('live', block($page, '.Ss Live frame (type 02)')),
	settings => frame_table('settings', block($page, '.Ss Settings frame (type 01)')),
	about => frame_table('about', block($page, '.Ss About frame (type 03)')),
	can => can_table(block($page, '.Ss CAN')),
	inverter => inverter_table(block($page, '.Ss Frames for an inverter')),
);
$count{$_} >= $least{$_} or wrong("$_: only $count{$_} rows") for sort keys %least;
exit($wrong != 0);
