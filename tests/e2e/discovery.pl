#!/usr/bin/perl
# discovery.pl recording FILE       all discovery messages of a recording (topic, retained, qos, payload)
# discovery.pl payload FILE STATES  one device message in JSON, with a recording of the states that it names
# discovery.pl long                 of a message on stdin: with long keys, and state topics in the components
#
# Reports what Home Assistant would refuse, ignore or warn of.  The allowed device_class, unit and state_class
# are those of its sources, autumn 2026: components/sensor/const.py (DEVICE_CLASS_UNITS,
# DEVICE_CLASS_STATE_CLASSES), components/number/const.py, components/binary_sensor/__init__.py
# (BinarySensorDeviceClass); keys: components/mqtt/schemas.py, abbreviations.py and the schemas of sensor.py,
# binary_sensor.py, event.py, number.py, switch.py and select.py there.
# Each complaint begins with the name of the fault.  Exit status 1 if there is one.
use strict;
use warnings;
use utf8;
use JSON::PP;
binmode STDOUT, ':encoding(UTF-8)';

my $json = JSON::PP->new->utf8->allow_nonref;
my $faults = 0;

sub fault {
	my ($name, $where, $what) = @_;
	print "$name: $where: $what\n";
	$faults++;
}

my @time = qw(d h min s ms μs);
my %sensor = ( # units, state classes
	battery => [['%'], ['measurement']],
	current => [[qw(A mA)], ['measurement']],
	date => [[], []],
	duration => [\@time, [qw(measurement total total_increasing measurement_angle)]],
	energy => [[qw(J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal)], [qw(total total_increasing)]],
	energy_storage => [[qw(J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal)], ['measurement']],
	enum => [[], []],
	power => [[qw(mW W kW MW GW TW)], ['measurement']],
	temperature => [['°C', '°F', 'K'], ['measurement']],
	timestamp => [[], []],
	voltage => [[qw(V mV μV kV MV)], ['measurement']],
);
my %binary = map { $_ => 1 } qw(battery battery_charging carbon_monoxide cold connectivity door garage_door
	gas heat light lock moisture motion moving occupancy opening plug power presence problem running
	safety smoke sound tamper update vibration window);
my %numbers = (battery => ['%'], current => [qw(A mA)], duration => \@time, temperature => ['°C', '°F', 'K'],
	voltage => [qw(V mV μV kV MV)], power => [qw(mW W kW MW GW TW)]);
my @state_classes = qw(measurement measurement_angle total total_increasing);

my @entity = qw(platform unique_id name default_entity_id icon entity_category enabled_by_default availability
	availability_mode availability_topic availability_template payload_available payload_not_available
	json_attributes_topic json_attributes_template qos encoding entity_picture);
my %platform = ( # allowed besides those, required
	sensor => [[qw(state_topic value_template device_class state_class unit_of_measurement
		suggested_display_precision options expire_after force_update last_reset_value_template)],
		['state_topic']],
	binary_sensor => [[qw(state_topic value_template device_class payload_on payload_off expire_after
		force_update off_delay)], ['state_topic']],
	event => [[qw(state_topic value_template device_class event_types)],
		[qw(state_topic event_types)]],
	number => [[qw(state_topic value_template command_topic command_template device_class
		unit_of_measurement min max step mode optimistic payload_reset retain)], ['command_topic']],
	switch => [[qw(state_topic value_template command_topic command_template device_class payload_on
		payload_off state_on state_off optimistic retain)], ['command_topic']],
	select => [[qw(state_topic value_template command_topic command_template options optimistic
		retain)], [qw(command_topic options)]],
);
my @commands = qw(number switch select);
my %short = (dev => 'device', o => 'origin', cmps => 'components', avty => 'availability',
	avty_mode => 'availability_mode', avty_t => 'availability_topic', stat_t => 'state_topic',
	cmd_t => 'command_topic', p => 'platform', uniq_id => 'unique_id', def_ent_id => 'default_entity_id',
	ic => 'icon', ent_cat => 'entity_category', en => 'enabled_by_default', val_tpl => 'value_template',
	dev_cla => 'device_class', stat_cla => 'state_class', unit_of_meas => 'unit_of_measurement',
	evt_typ => 'event_types',
	sug_dsp_prc => 'suggested_display_precision', ops => 'options', pl_on => 'payload_on',
	pl_off => 'payload_off', ids => 'identifiers', mf => 'manufacturer', mdl => 'model',
	mdl_id => 'model_id', sw => 'sw_version', hw => 'hw_version', sn => 'serial_number',
	sa => 'suggested_area', t => 'topic', json_attr_t => 'json_attributes_topic',
	cu => 'configuration_url', cns => 'connections', url => 'support_url');
my @root = qw(device origin components availability availability_mode availability_topic availability_template
	payload_available payload_not_available state_topic command_topic qos encoding
	message_expiry_interval);
my @device = qw(identifiers connections name manufacturer model model_id sw_version hw_version serial_number
	suggested_area configuration_url via_device);
my @origin = qw(name sw_version support_url);

sub in {
	my ($one, @all) = @_;
	return grep { $_ eq $one } @all;
}

# Short keys as long ones.
sub long {
	my ($where, $given) = @_;
	my %long;
	for my $key (sort keys %$given) {
		my $name = $short{$key} // $key;
		fault('option-given-twice', $where, $name) if exists $long{$name};
		$long{$name} = $given->{$key};
	}
	return \%long;
}

my (%states, %ids, %values_of);

# Which fault an unknown or missing key is depends on whether it loses the message or the entity.
sub keys_of {
	my ($name, $where, $given, @allowed) = @_;
	for my $key (sort keys %$given) {
		fault($name, $where, "key $key") unless in($key, @allowed);
		fault('null-or-empty', $where, "$key")
			if !defined $given->{$key} || (!ref $given->{$key} && $given->{$key} eq '');
	}
}

sub check_device {
	my ($where, $given) = @_;
	return fault('no-device', $where, 'no device block') unless ref $given eq 'HASH';
	my $d = long("$where device", $given);
	keys_of('unknown-key-in-device', $where, $d, @device);
	fault('device-without-identifiers', $where, 'neither identifiers nor connections')
		unless ref $d->{identifiers} eq 'ARRAY' && @{ $d->{identifiers} } || $d->{connections};
	for my $key (grep { $_ !~ /^(?:identifiers|connections)$/ } sort keys %$d) {
		fault('device-value-is-no-text', $where, $key)
			if ref $d->{$key} || $json->encode([$d->{$key}]) !~ /^\["/;
	}
	fault('passcode', $where, 'in the device block') if $json->encode($d) =~ /passcode/;
}

sub check_origin {
	my ($where, $given) = @_;
	return fault('no-origin', $where, 'no origin block') unless ref $given eq 'HASH';
	my $o = long("$where origin", $given);
	keys_of('unknown-key-in-origin', $where, $o, @origin);
	fault('origin-without-name', $where, 'no name') unless defined $o->{name};
}

sub check_availability {
	my ($where, $c) = @_;
	fault('availability-given-twice', $where, 'availability and availability_topic')
		if $c->{availability} && $c->{availability_topic};
	return unless $c->{availability};
	for my $one (ref $c->{availability} eq 'ARRAY' ? @{ $c->{availability} } : ()) {
		my $topic = $one->{topic} // $one->{t};
		fault('availability-without-topic', $where, 'an entry') unless $topic;
		fault('availability-never-published', $where, $topic) if $topic && !exists $states{$topic};
	}
	fault('unknown-availability-mode', $where, $c->{availability_mode})
		if $c->{availability_mode} && !in($c->{availability_mode}, qw(all any latest));
}

sub check_sensor {
	my ($where, $c) = @_;
	my ($class, $unit, $state) = @$c{qw(device_class unit_of_measurement state_class)};
	fault('unknown-state-class', $where, $state) if defined $state && !in($state, @state_classes);
	if (defined $class) {
		my $known = $sensor{$class} or return fault('unknown-device-class', $where, $class);
		fault('unit-outside-its-class', $where, "$class in $unit")
			if defined $unit && !in($unit, @{ $known->[0] });
		fault('class-without-unit', $where, $class) if !defined $unit && @{ $known->[0] };
		fault('state-class-outside-its-class', $where, "$class, $state")
			if defined $state && !in($state, @{ $known->[1] });
		fault('precision-of-no-number', $where, $class)
			if $class =~ /^(?:enum|date|timestamp)$/ && exists $c->{suggested_display_precision};
		fault('enum-without-options', $where, 'options')
			if $class eq 'enum' && !(ref $c->{options} eq 'ARRAY' && @{ $c->{options} });
	}
	fault('options-of-no-enum', $where, 'options') if $c->{options} && ($class // '') ne 'enum';
}

sub check_number {
	my ($where, $c) = @_;
	my ($min, $max, $step) = @$c{qw(min max step)};
	return fault('number-without-bounds', $where, 'min and max') unless defined $min && defined $max;
	fault('min-not-below-max', $where, "$min, $max") unless $min < $max;
	fault('step-too-small', $where, $step) if ($step // 1) < 0.001;
	my ($class, $unit) = @$c{qw(device_class unit_of_measurement)};
	fault('unknown-device-class', $where, $class) if defined $class && !$numbers{$class};
	fault('unit-outside-its-class', $where, "$class in $unit") if $class && $unit && $numbers{$class}
		&& !in($unit, @{ $numbers{$class} });
	fault('unknown-mode', $where, $c->{mode}) if $c->{mode} && !in($c->{mode}, qw(auto box slider));
}

# What the simplest template gives.
sub value_of {
	my ($state, $template) = @_;
	return (0) unless $template =~ /^\{\{ ?value_json\.(\w+)(?:\[(\d+)\])?(?:\[:255\])? ?\}\}$/;
	my $value = $state->{$1};
	return (1, defined $2 ? $value->[$2] : $value);
}

sub check_state {
	my ($where, $c) = @_;
	my $topic = $c->{state_topic};
	return if $c->{platform} eq 'event'; # nothing may have happened yet
	return fault('state-never-published', $where, $topic) unless exists $states{$topic};
	my $template = $c->{value_template} // return;
	my $state = eval { $json->decode($states{$topic}) };
	return fault('state-is-no-object', $where, $topic) unless ref $state eq 'HASH';
	while ($template =~ /value_json\.(\w+)(?:\[(\d+)\])?/g) {
		fault('template-of-a-missing-key', $where, $1) unless exists $state->{$1};
		fault('template-of-a-missing-key', $where, "$1\[$2]")
			if defined $2 && !defined $state->{$1}[$2];
	}
	my ($simple, $value) = value_of($state, $template);
	return unless $simple && defined $value;
	my $is_number = !ref $value && $value =~ /^-?\d+(?:\.\d+)?$/;
	fault('state-is-no-number', $where, $value)
		if !$is_number && grep { exists $c->{$_} }
		qw(state_class unit_of_measurement suggested_display_precision);
	fault('state-outside-the-options', $where, $value)
		if $c->{options} && !in($value, @{ $c->{options} });
	fault('state-is-too-long', $where, length $value) if length $value > 255;
	fault('boolean-state', $where, 'renders True') if JSON::PP::is_bool($value);
}

sub check_component {
	my ($where, $c, $root) = @_;
	my $platform = $c->{platform};
	return fault('unknown-platform', $where, $platform // 'none')
		unless defined $platform && $platform{$platform};
	return if keys %$c == 1; # it is to be removed
	my ($allowed, $required) = @{ $platform{$platform} };
	keys_of('unknown-key-in-component', $where, $c, @entity, @$allowed);
	fault('no-unique-id', $where, 'unique_id') unless defined $c->{unique_id};
	fault('unique-id-twice', $where, $c->{unique_id}) if defined $c->{unique_id}
		&& $ids{"$platform $c->{unique_id}"}++;
	my %all = (%$root, %$c);
	fault('missing-option', $where, $_) for grep { !defined $all{$_} } @$required;
	fault('entity-category', $where, $c->{entity_category})
		if defined $c->{entity_category}
		&& !in($c->{entity_category}, 'diagnostic', in($platform, @commands) ? 'config' : ());
	fault('default-entity-id', $where, $c->{default_entity_id})
		if defined $c->{default_entity_id} && $c->{default_entity_id} !~ /^$platform\.[a-z0-9_]+$/;
	fault('retained-command', $where, 'retain') if $c->{retain};
	check_availability($where, $c);
	check_sensor($where, $c) if $platform eq 'sensor';
	check_number($where, $c) if $platform eq 'number';
	fault('unknown-device-class', $where, $c->{device_class})
		if $platform eq 'binary_sensor' && defined $c->{device_class}
		&& !$binary{ $c->{device_class} };
	check_state($where, \%all) if defined $all{state_topic};
}

sub check_message {
	my ($topic, $payload) = @_;
	my ($component, $node, $object) = $topic =~ m{/(\w+)/(?:([A-Za-z0-9_-]+)/)?([A-Za-z0-9_-]+)/config$}
		or return fault('illegal-topic', $topic, 'characters');
	my $given = eval { $json->decode($payload) };
	return fault('no-json-object', $topic, 'payload') unless ref $given eq 'HASH';
	my $root = long($topic, $given);
	check_device($topic, $root->{device});
	check_origin($topic, $root->{origin});
	check_availability($topic, $root);
	if ($component ne 'device') {
		delete @$root{qw(device origin)};
		check_component($topic, { %$root, platform => $component }, {});
		return;
	}
	keys_of('unknown-key-in-root', $topic, $root, @root);
	return fault('no-components', $topic, 'components') unless ref $root->{components} eq 'HASH';
	for my $key (sort keys %{ $root->{components} }) {
		fault('component-key', $topic, $key) unless $key =~ /^[A-Za-z0-9_-]+$/;
		check_component("$topic $key", long("$topic $key", $root->{components}{$key}), $root);
	}
}

my %discovery;

# States are those of the whole recording; that they came first is looked at when a discovery message is met.
sub read_recording {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	my $first_states = 1;
	while (<$f>) {
		chomp;
		my ($topic, $retained, $qos, $payload) = split / /, $_, 4;
		if ($topic =~ m{/config$}) {
			fault('not-retained', $topic, 'config') unless $retained;
			if ($payload ne '') {
				# that of an event, results of all keys, has messages only when there is one
				while ($payload =~ /"stat(?:e_topic|_t)":"([^"+]+)"/g) {
					fault('state-after-discovery', $topic, $1) unless exists $states{$1};
				}
				$discovery{$topic} = $payload;
			} else {
				delete $discovery{$topic};
			}
		} elsif ($retained) {
			$states{$topic} = $payload;
		}
	}
}

# For those who look at a message.
sub long_message {
	my ($given) = @_;
	my $m = long('stdin', $given);
	$m->{availability} = [map { long('availability', $_) } @{ $m->{availability} }] if $m->{availability};
	$m->{$_} = long($_, $m->{$_}) for grep { $m->{$_} } qw(device origin);
	for my $c (values %{ $m->{components} // {} }) {
		$c = long_message($c);
		$c->{state_topic} //= $m->{state_topic} if $m->{state_topic} && keys %$c > 1;
	}
	return $m;
}

my ($mode, $name, $recording) = @ARGV;
if (($mode // '') eq 'recording') {
	read_recording($name);
	%discovery or die "no discovery message in $name\n";
	check_message($_, $discovery{$_}) for sort keys %discovery;
	print scalar(keys %discovery), " messages, ", scalar(keys %ids), " entities\n";
} elsif (($mode // '') eq 'payload') {
	read_recording($recording);
	open my $f, '<', $name or die "$name: $!\n";
	local $/;
	check_message('homeassistant/device/jk_bms_1/config', scalar <$f>);
} elsif (($mode // '') eq 'long') {
	local $/;
	my $given = <STDIN>;
	print JSON::PP->new->canonical->allow_nonref->encode(long_message($json->decode($given))), "\n" if $given =~ /\{/;
} else {
	die "usage: discovery.pl recording FILE | payload FILE STATES | long\n";
}
exit($faults > 0);
