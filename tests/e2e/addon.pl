#!/usr/bin/perl
# addon.pl load HOST PORT FILE           publishes the retained messages in FILE (a JSON object a line)
# addon.pl sheets MODE RECORDS RETAINED  what a broker retains (TOPIC PAYLOAD a line) against the sheets of
#                                        the add-on and the records; MODE: poll, listen or can
# addon.pl field FILE RETAINED           the same against what the add-on itself left of pack 1
# addon.pl kept BEFORE AFTER             nothing that was retained before is gone but what is to be emptied
# It shares nothing with the programs: it reads the sheets itself.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;

my $json = JSON::PP->new->utf8;

sub rows {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	chomp(my @lines = <$f>);
	my @head = split /\t/, shift @lines;
	return map { my %row; @row{@head} = split /\t/, $_, -1; \%row } @lines;
}

sub lines_of {
	my ($name) = @_;
	open my $f, '<', $name or die "$name: $!\n";
	return map { $json->decode($_) } <$f>;
}

sub retained {
	my ($name) = @_;
	my %of;
	open my $f, '<', $name or die "$name: $!\n";
	while (<$f>) {
		chomp;
		my ($topic, $payload) = split / /, $_, 2;
		$of{$topic} = $payload;
	}
	return \%of;
}

# ---- load ----

sub text { pack 'n/a*', $_[0] }

sub packet {
	my ($head, $body) = @_;
	my ($size, $n) = ('', length $body);
	do {
		my $byte = $n & 127;
		$n >>= 7;
		$size .= chr($byte | ($n ? 128 : 0));
	} while $n;
	return chr($head) . $size . $body;
}

sub load {
	my ($host, $port, $file) = @_;
	my $link = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die "$host:$port: $!\n";
	print $link packet(0x10, text('MQTT') . pack('CCn', 4, 2, 60) . text("load$$"));
	my $count = 0;
	for my $m (lines_of($file)) {
		my $payload = $m->{payload};
		$payload = '123456' if $m->{topic} =~ m{/state/password}; # they were blanked
		utf8::encode($payload);
		next if $payload eq '';
		print $link packet(0x31, text($m->{topic}) . $payload);
		$count++;
	}
	print $link packet(0xC0, ''); # all was taken when the answer to the ping comes
	$link->flush;
	my $answer = '';
	while (length $answer < 6) { sysread $link, $answer, 64, length $answer or die "the broker closed\n" }
	print $link packet(0xE0, '');
	print "$count messages\n";
}

# ---- the sheets ----

my %alarm_text = map { $_->{bit} => $_ } rows('common/protocol/addon-alarm-texts.tsv');

sub shortest {
	my ($value, $digits) = @_;
	my $text = sprintf '%.*f', $digits, $value + ($value < 0 ? -1e-9 : 1e-9);
	$text =~ s/\.?0+$// if $text =~ /\./;
	return $text eq '-0' ? '0' : $text;
}

sub duration {
	my ($s) = @_;
	return sprintf '%dD%dH%dM', $s / 86400, $s % 86400 / 3600, $s % 3600 / 60 if $s >= 86400;
	return sprintf '%dH%dM%dS', $s / 3600, $s % 3600 / 60, $s % 60 if $s >= 3600;
	return sprintf '%dM%dS', $s / 60, $s % 60 if $s >= 60;
	return "${s}S";
}

sub bytes_of {
	my ($text) = @_;
	utf8::encode($text);
	return $text;
}

sub alarms {
	my ($transform, $errors, $mode) = @_;
	my $column = $mode eq 'listen' ? 'addon_listening_text' : 'addon_text';
	my @texts = grep { $_ ne '' } map { $errors >> $_ & 1 ? $alarm_text{$_}{$column} : '' } 0 .. 31;
	my $count = @texts;
	if ($transform eq 'count_text') {
		my $none = $mode eq 'listen' ? 'No alarm' : 'Aucune alarme';
		return $count ? "\xF0\x9F\x9A\xA8 $count alarme(s)" : "\xE2\x9C\x85 $none";
	}
	return join(', ', @texts) || ($mode eq 'listen' ? 'No alarms' : '') if $transform eq 'addon_texts';
	return $count ? $1 : $2
		if $transform =~ /^flag (\S+) (\S+)$/ || $transform =~ /^map true=(.*);false=(.*)$/;
	die "transform $transform\n";
}

# The payload of a row; undef: the records say nothing.
sub payload {
	my ($row, $values, $mode) = @_;
	my ($key, $transform) = @$row{qw(our_key transform)};
	my $value;
	if ($key =~ /^(cell_(?:voltage|resistance))_(\d+)$/) {
		return undef if !exists $values->{"$1s"};
		# A frame of CAN has four cells.
		return undef if $mode eq 'can' && int(($2 - 1) / 4) * 4 >= @{ $values->{"$1s"} };
		$value = $values->{"$1s"}[$2 - 1];
	} else {
		return undef if !exists $values->{$key};
		$value = $values->{$key};
	}
	return alarms($transform, $value, $mode) if $key eq 'errors_bitmask';
	return 'None' if !defined $value;
	return shortest($value, $1) if $transform =~ /^at most (\d)$/;
	return shortest($value, 6) if $transform eq 'trim';
	return bytes_of($value) if $transform eq 'same';
	return $value ? $1 : $2 if $transform =~ /^flag (\S+) (\S+)$/;
	return duration($value) if $transform eq 'duration_short';
	if ($transform =~ /^ascii (\d+)$/) {
		my $text = substr $value, 0, $1;
		$text =~ s/ +$//;
		return $text eq '' ? 'None' : bytes_of($text);
	}
	die "transform $transform of $key\n";
}

# The values of each pack: all keys of its records, the newest of each.
sub packs {
	my ($file, $mode) = @_;
	my %packs;
	for my $r (lines_of($file)) {
		next if $r->{type} !~ ($mode eq 'can' ? qr/^can$/ : qr/^(live|settings|about)$/);
		my $n = $r->{bms} // next;
		for my $key (keys %$r) {
			$packs{$n}{$key} = $r->{$key};
			$packs{$n}{cell_voltages}[$1 - 1] = $r->{$key} if $key =~ /^cell_voltage_(\d+)$/;
		}
		$packs{$n}{"($r->{type})"} = 1;
	}
	return \%packs;
}

sub named { my ($text, $n) = @_; my $name = $n == 0 ? 'master' : $n; $text =~ s/\{n\}/$name/g; return $text }

my %members = (
	name => 'addon_name', unique_id => 'addon_unique_id', default_entity_id => 'default_entity_id',
	state_topic => 'addon_topic', command_topic => 'command_topic', value_template => 'value_template',
	unit_of_measurement => 'unit', device_class => 'device_class', state_class => 'state_class',
	suggested_display_precision => 'precision', entity_category => 'entity_category', icon => 'icon',
	payload_on => 'payload_on', payload_off => 'payload_off', step => 'step', mode => 'number_mode',
	expire_after => 'expire_after', json_attributes_topic => 'json_attributes_topic',
	state_on => 'state_on', state_off => 'state_off',
);
my %is_record = map { $_ => 1 } qw(live settings about);
my %numbers = map { $_ => 1 } qw(suggested_display_precision step expire_after min max);

sub expect {
	my ($what, $got, $want) = @_;
	$got = '(nothing)' if !defined $got;
	$got eq $want or die "$what: '$got' is not '$want'\n";
}

sub config {
	my ($row, $n, $message, $value) = @_;
	my $topic = named($row->{discovery_topic}, $n);
	defined $message or die "$topic: not announced\n";
	my $m = $json->decode($message);
	for my $key (sort keys %members) {
		my $want = named($row->{ $members{$key} }, $n);
		utf8::decode($want);
		my $got = $m->{$key} // '';
		$got += 0 if $numbers{$key} && $got ne '';
		$want += 0 if $numbers{$key} && $want ne '';
		expect("$topic $key", $got, $want);
	}
	for my $bound (qw(min max)) {
		my $want = $row->{$bound};
		next if $row->{component} ne 'number';
		defined $m->{$bound} or die "$topic: no $bound\n";
		next if $want eq '';
		# It follows a value that is outside.
		$want = $value if defined $value && ($bound eq 'min' ? $value < $want : $value > $want);
		expect("$topic $bound", $m->{$bound} + 0, $want + 0);
	}
	expect("$topic identifiers", "@{ $m->{device}{identifiers} }", named($row->{device_identifier}, $n));
	expect("$topic origin", $m->{o}{name}, 'jk-mqtt');
	expect("$topic availability_mode", $m->{avty_mode}, 'all');
	expect("$topic status", $m->{avty}[0]{t}, 'jk/status');
	my $own = $row->{discovery_topic} =~ /\{n\}|canbus/ ? 2 : 1;
	expect("$topic availability", scalar @{ $m->{avty} }, $own);
	for my $key (keys %$m) {
		next if $members{$key} || $key =~ /^(min|max|force_update|enabled_by_default)$/;
		$key =~ /^(avty|avty_mode|device|o)$/ or die "$topic: $key is added\n";
	}
}

sub sheets {
	my ($mode, $records, $recorded) = @_;
	my ($packs, $got) = (packs($records, $mode), retained($recorded));
	my %topic = map { $_->{addon_unique_id} => $_ } rows('common/protocol/addon-topics.tsv');
	my (%known, $states, $configs);
	for my $row (rows('common/protocol/addon-discovery.tsv')) {
		next if $row->{mode} ne $mode && !($mode ne 'can' && $row->{mode} eq 'any');
		my $t = $topic{ $row->{addon_unique_id} } or die "$row->{addon_unique_id}: no topic\n";
		expect('topic', $t->{addon_topic}, $row->{addon_topic});
		my $of_pack = $row->{addon_topic} =~ /\{n\}/;
		my @numbers = sort { $a <=> $b } keys %$packs;
		@numbers = $numbers[0] if !$of_pack;
		for my $n (@numbers) {
			my ($state, $config) = map { named($_, $n) } @$row{qw(addon_topic discovery_topic)};
			if ($t->{transform} eq 'omit') {
				defined $got->{$_} and die "$_ is there\n" for $state, $config;
				next;
			}
			$known{$state} = $known{$config} = 1;
			my $value;
			if ($of_pack || ($mode eq 'can' && $t->{transform} ne 'first_text')) {
				next if $is_record{ $row->{frame} } && !$packs->{$n}{"($row->{frame})"};
				$value = payload($t, $packs->{$n}, $mode);
				next if !defined $value; # of CAN, or of settings that have not come
				$states++;
				expect($state, $got->{$state} // '', $value); # an empty one is not retained
			}
			$value = undef if defined $value && $value !~ /^-?[\d.]+$/;
			config($row, $n, $got->{$config}, $value);
			$configs++;
		}
	}
	my $all = $mode eq 'can' ? qr/canbus|^BMS_\d/i : qr/^(BMS_\d|BMS_m|CANbus|homeassistant)/;
	my @more = grep { /$all/ && !$known{$_} } sort keys %$got;
	@more and die "more than the sheets have: $more[0]\n";
	print "$states states, $configs entities\n";
}

# ---- what the add-on left ----

sub kind {
	my ($payload) = @_;
	return $payload =~ /^-?\d+(\.\d+)?$/ ? 'number'
		: $payload =~ /^(True|False)$/ ? 'switch'
		: $payload =~ /^\{/ ? 'object' : 'text';
}

# Options of an entity that are as in the add-on.
my @same = qw(unique_id state_topic command_topic unit_of_measurement device_class state_class
	suggested_display_precision entity_category min max step mode payload_on payload_off value_template
	expire_after force_update json_attributes_topic state_on state_off name icon);

sub field {
	my ($file, $recorded) = @_;
	my $got = retained($recorded);
	my $count = 0;
	for my $m (lines_of($file)) {
		my ($topic, $payload) = @$m{qw(topic payload)};
		utf8::encode($payload);
		if ($topic =~ m{password|premium|system/info}) {
			defined $got->{$topic} and die "$topic is not emptied\n";
			next;
		}
		defined $got->{$topic} or die "$topic is not published\n";
		$count++;
		if ($topic !~ m{/config$}) {
			# The same kind of payload: a number, a word of a switch, a text.
			my ($is, $was) = map { kind($_) } $got->{$topic}, $payload;
			$was = 'switch' if $topic =~ /display_always_on/; # the add-on sends a list
			expect("$topic ($got->{$topic})", $is, $was) if $topic ne 'BMS_1/state/fw';
			next;
		}
		my ($was, $is) = ($json->decode($payload), $json->decode($got->{$topic}));
		expect("$topic $_", $is->{$_} // '', $was->{$_} // '') for @same;
		my $id = lc($was->{default_entity_id} // '');
		expect("$topic default_entity_id", $is->{default_entity_id} // '', $id);
		expect("$topic $_", "@{ $is->{device}{$_} }", "@{ $was->{device}{$_} }") for 'identifiers';
	}
	print "$count messages\n";
}

sub kept {
	my ($before, $after) = map { retained($_) } @_;
	for my $topic (sort keys %$before) {
		my $emptied = $topic =~ m{[/_]password[12](/config)?$|/premium_[a-z_]+/config$} ||
			$topic =~ m{^BMS_GLOBAL/(system/info|authorize_modify_settings/set)$};
		defined $after->{$topic} || $emptied or die "$topic is gone\n";
		!defined $after->{$topic} || !$emptied or die "$topic is still there\n";
	}
}

my ($what, @arguments) = @ARGV;
my %modes = (load => \&load, sheets => \&sheets, field => \&field, kept => \&kept);
$modes{$what}->(@arguments);
