#!/usr/bin/perl
# service-values.pl SIM-LOG SEEN: each live state that the subscriber got is of a frame that the simulator
# sent. Cells, current and running time together are those of one frame only.
use strict;
use warnings;
my ($log, $seen) = @ARGV;

# The frames as jk-decode reads them from a recording without any of what a supervisor does.
sub sent {
	my (%sent, $lines);
	open my $in, '<', $log or die "$log: $!\n";
	while (<$in>) {
		$lines .= sprintf "(1763856000.000000) bus %02X#%s R\n", $1, $2
			if /"what":"frame","bms":(\d+),.*"hex":"([0-9A-F]+)"/;
	}
	open my $file, '>', "$seen.sent" or die "$seen.sent: $!\n";
	print $file $lines // '';
	close $file;
	open my $records, '-|', 'jk-decode', '-t', 'live', "$seen.sent" or die "jk-decode: $!\n";
	while (<$records>) {
		$sent{signature($_)}++;
	}
	return \%sent;
}

sub signature {
	my ($text) = @_;
	return join ' ', map { $text =~ /"$_":(\[[^\]]*\]|[^,}]*)/ ? $1 : '-' }
		qw(bms cell_voltages current total_voltage state_of_charge total_runtime uptime);
}

my $sent = sent();
my ($checked, $wrong) = (0, 0);
open my $in, '<', $seen or die "$seen: $!\n";
while (<$in>) {
	next unless m{^\S+/live };
	$checked++;
	next if $sent->{signature($_)};
	$wrong++ or print "no frame has been sent with: ", substr($_, 0, 400), "\n";
}
print "$checked live states, of ", scalar keys %$sent, " frames, $wrong wrong\n";
exit($wrong || !$checked || !%$sent);
