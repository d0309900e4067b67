#!/usr/bin/perl
# sheets.pl tables SHEETS FIELDS          jk-decode --fields against the sheets, by row; then computed keys
# sheets.pl entities SHEETS ENTITIES      jk-mqtt --entities against the sheet
# sheets.pl values SHEETS FRAMES RECORDS  records against the frames, decoded here by the sheets
use strict;
use warnings;

sub rows {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	chomp(my @lines = <$f>);
	my @head = split /\t/, shift @lines;
	return map { my %row; @row{@head} = split /\t/, $_, -1; \%row } @lines;
}

my @columns = qw(offset size type scale unit key register writable min max step);

sub tables {
	my ($sheets, $fields) = @_;
	my @got = rows($fields);
	my $count = 0;
	for my $frame (qw(live settings about)) {
		for my $want (rows("$sheets/$frame.tsv")) {
			my $row = shift @got or die "rows are missing\n";
			$row->{frame} eq $frame or die "frame $row->{frame} for $frame\n";
			$row->{$_} eq ($want->{$_} // '')
				or die "$frame $want->{key} $_: '$row->{$_}' is not '$want->{$_}'\n"
				for @columns;
			$count++;
		}
	}
	my @rest = grep { $_->{frame} !~ /^0x/ } @got;
	$_->{offset} eq '' or die "$_->{key} is not in the sheets\n" for @rest;
	# The frames of an inverter's protocols have a sheet of our own alone.
	my %own = map { $_->{id_base} => 1 } rows('common/protocol/inverter.tsv');
	$count += can_tables($sheets, grep { $_->{frame} =~ /^0x/ && !$own{ $_->{frame} } } @got);
	print "$count rows\n";
}

my %can_columns = (offset => 'byte', size => 'length', map { $_ => $_ } qw(type scale unit key));

# The rows of CAN, among them the bits of can_error_bits; behind them computed keys.
sub can_tables {
	my ($sheets, @got) = @_;
	my $count = 0;
	my @bits = grep { $_->{source} eq 'can_0x18F328F4' } rows("$sheets/alarms.tsv");
	for my $want (grep { $_->{key} ne '' } rows("$sheets/can.tsv")) {
		my $row = shift @got or die "rows of CAN are missing\n";
		my $name = "$want->{id_base} $want->{key}";
		$row->{frame} eq $want->{id_base} or die "frame $row->{frame} for $name\n";
		for (keys %can_columns) {
			$row->{$_} eq $want->{ $can_columns{$_} } or die "$name $_: '$row->{$_}'\n";
		}
		($row->{add} || 0) == $want->{offset} or die "$name add: $row->{add}\n";
		my $remark = $want->{confidence} eq 'conflicting' ? 'unconfirmed' : '';
		$row->{remark} eq $remark or die "$name: $row->{remark}\n";
		my $never = $want->{key} eq 'discharge_time' || $want->{name} eq 'CTRL_INFO';
		$row->{record} eq ($never ? 'never' : 'default') or die "$name: record $row->{record}\n";
		$count++;
		next if $want->{key} ne 'can_error_bits';
		for my $bit (@bits) {
			my $got = shift @got;
			my @names = ($got->{key}, $got->{type}, $got->{unit});
			"@names" eq "$bit->{key} bit$bit->{start_bit}:u24le bool" or die "bit @names\n";
			$remark = $bit->{start_bit} < 8 ? '' : 'unconfirmed';
			$got->{remark} eq $remark or die "$got->{key}: $got->{remark}\n";
			$count++;
		}
	}
	$_->{offset} eq '' or die "$_->{frame} $_->{key} is not in the sheets\n" for @got;
	return $count;
}

sub value {
	my ($row, $frame) = @_;
	my $bytes = substr $frame, $row->{offset}, $row->{size};
	my ($bit, $type) = $row->{type} =~ /^(?:bit(\d+):)?(\w+)$/;
	return uc unpack 'H*', $bytes if $type eq 'hex';
	return unpack 'Z*', "$bytes\0" if $type eq 'ascii';
	return sprintf '%.6f', unpack 'f<', $bytes if $type eq 'f32le';
	my %forms = (u8 => 'C', i8 => 'c', u16le => 'v', i16le => 's<', u32le => 'V', i32le => 'l<');
	my $number = unpack $forms{$type}, $bytes;
	$number = $number >> $bit & 1 if defined $bit;
	return $number ? 'true' : 'false' if $row->{unit} eq 'bool';
	return 'null' if $row->{unit} eq "\xc2\xb0C" && $type eq 'i16le' && $number < -1000;
	# no T4 and T5 fitted: both 0, and two bits of the trailer that all others have are clear
	return 'null' if $row->{key} =~ /^temperature_sensor_[45]$/ && "\0\0\0\0" eq substr($frame, 256, 4)
		&& !(ord(substr $frame, 294, 1) & 0x30);
	return $number * $row->{scale};
}

sub decoded {
	my ($record, $key) = @_;
	if ($key =~ /^(cell_voltage|cell_resistance)_(\d+)$/) {
		my ($array, $cell) = ("$1s", $2);
		my ($list) = $record =~ /"$array":\[([^\]]*)\]/;
		return (split /,/, $list)[$cell - 1];
	}
	return $1 if $record =~ /"$key":"((?:[^"\\]|\\.)*)"/;
	return $1 if $record =~ /"$key":([^,}]+)/;
	return;
}

sub values_of {
	my ($sheets, $frames_name, $records_name) = @_;
	my %tables = (1 => [rows("$sheets/settings.tsv")], 2 => [rows("$sheets/live.tsv")],
		3 => [rows("$sheets/about.tsv")]);
	open my $frames, '<', $frames_name or die "$frames_name: $!\n";
	open my $records, '<', $records_name or die "$records_name: $!\n";
	my $compared = 0;
	while (<$frames>) {
		/#(55AAEB900[123][0-9A-F]+)/ or next;
		my $frame = pack 'H*', $1;
		my $record;
		do { $record = <$records> // die "a record is missing\n" }
			until $record =~ /"type":"(?:live|settings|about)"/;
		for my $row (@{ $tables{ ord substr $frame, 4, 1 } }) {
			next if $row->{key} =~ /^(?:frame_magic|frame_type|checksum)$/;
			my $got = decoded($record, $row->{key});
			if (($row->{secret} // '') eq 'SECRET') {
				defined $got and die "$row->{key} is shown\n";
				next;
			}
			my $want = value($row, $frame);
			if (!defined $got) { # a cell that is not there
				$row->{key} =~ /^cell_/ && $want == 0 or die "$row->{key} is missing\n";
				next;
			}
			$got eq $want
				|| $got =~ /^-?[\d.]+$/ && $want =~ /^-?[\d.e-]+$/ && abs($got - $want) < 1e-7
				or die "$row->{key}: decoded $got, sent $want\n";
			$compared++;
		}
	}
	$compared or die "nothing to compare\n";
	print "$compared values\n";
}

# Of the bridge and of CAN there are more than the sheet has, and those of an inverter
# and of jk-bank.
my %more = map { $_ => 1 } qw(global_alarm_count global_alarm_severity global_alarm_packs
	can_temperature_sensor_mask charger_switch charge_heat_mode can_alarm_levels can_error_bits
	can_error_bits_text setting);
my %inverter;
$inverter{ $_->{key} }++
	for grep { $_->{state} =~ /^(inverter|bank|energy|balance|score|bank_event)$/ }
	rows('common/protocol/entities.tsv');

# What costs rows in Home Assistant's database and few look at is off by default, and no digit is shown that
# means nothing.  Names are written for people, test_names.c.
my %off = map { $_ => 1 } qw(charging_power discharging_power average_cell_voltage total_runtime
	total_runtime_formatted charge_status_time_elapsed);
my %digits = (total_voltage => 2, current => 2, power => 1, charging_power => 1, discharging_power => 1,
	capacity_remaining => 1, full_charge_capacity => 1, total_charging_cycle_capacity => 1,
	balancing_current => 2, heating_current => 2);

# In any order; the sheet calls a column of ours otherwise.
sub entities {
	my ($sheets, $name) = @_;
	my %want = map { $_->{key} => $_ } rows("$sheets/entities.tsv");
	my $count = 0;
	for my $row (rows($name)) {
		next if $more{ $row->{key} };
		my $want = delete $want{ $row->{key} };
		!$want && $inverter{ $row->{key} } && $inverter{ $row->{key} }-- and next;
		$want or die "$row->{key} is not in the sheet, or twice\n";
		$want->{component} = $want->{ha_component};
		# a timestamp has a zone, which the BMS does not know
		$want->{device_class} = '' if $row->{key} eq 'rtc';
		$want->{enabled_by_default} = 'no' if $off{ $row->{key} };
		$want->{precision} = $digits{ $row->{key} } // $want->{precision};
		for my $column (qw(component device_class state_class unit entity_category
			enabled_by_default icon precision)) {
			$row->{$column} eq ($want->{$column} // '')
				or die "$row->{key} $column: '$row->{$column}' is not '$want->{$column}'\n";
		}
		$count++;
	}
	die join(' ', sort keys %want), " are missing\n" if %want;
	print "$count entities\n";
}

my %modes = (tables => \&tables, values => \&values_of, entities => \&entities);
my $mode = $modes{ shift // '' } or die "usage: sheets.pl tables|values FILES\n";
$mode->(@ARGV);
