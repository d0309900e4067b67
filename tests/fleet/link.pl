#!/usr/bin/perl
# The lines between the sites and the centre: link.pl TO COUNTS CUT PORT...: each PORT leads to port TO.  The
# file CUT has the number of the site, from 1, whose line is cut, or 0.  COUNTS gets the bytes of each site,
# to the centre and back, every second.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($to, $counts, $cut, @ports) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;
my (%site_of, %peer, %up, @bytes);
my $select = IO::Select->new;
my (%listens, @listener);

sub listen_for {
	my ($site) = @_;
	my $socket = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1, LocalAddr => "127.0.0.1:$ports[$site]")
		or die "$ports[$site]: $!";
	$listener[$site] = $socket;
	$site_of{$socket} = $site;
	$listens{$socket} = 1;
	$select->add($socket);
}
for my $site (0 .. $#ports) {
	$bytes[$site] = [0, 0];
	listen_for($site);
}
print "ready\n";

sub hang_up {
	my ($one) = @_;
	my @ends = ($one, $peer{$one} // ());
	for my $end (@ends) {
		$select->remove($end);
		delete $peer{$end};
		close $end;
	}
}

sub cut_site {
	open my $f, '<', $cut or return 0;
	my $line = <$f>;
	return defined $line ? $line + 0 : 0;
}

my ($written, $gone) = (0, 0);
while (1) {
	my @ready = $select->can_read(0.2);
	for my $ready (@ready) {
		next unless $select->exists($ready); # its other end was closed just now
		my $site = $site_of{$ready};
		if ($listens{$ready}) {
			my $client = $ready->accept or next;
			my $centre = IO::Socket::INET->new("127.0.0.1:$to");
			close $client, next unless $centre;
			@peer{$client, $centre} = ($centre, $client);
			@site_of{$client, $centre} = ($site, $site);
			@up{$client, $centre} = (0, 1);
			$select->add($client, $centre);
			next;
		}
		my $n = sysread $ready, my $data, 65536;
		my $other = $peer{$ready};
		if (!$n || !$other) {
			hang_up($ready);
			next;
		}
		$bytes[$site][$up{$ready}] += $n;
		for (my $at = 0; $at < $n;) {
			my $done = syswrite $other, $data, $n - $at, $at;
			last unless $done;
			$at += $done;
		}
	}
	next if time == $written;
	$written = time;
	my $before = $gone;
	$gone = cut_site();
	listen_for($before - 1) if $before && $before != $gone;
	if ($gone && $gone != $before) { # nobody is there any more: connections are refused
		$select->remove($listener[$gone - 1]);
		delete $listens{$listener[$gone - 1]};
		close $listener[$gone - 1];
	}
	my @ends = grep { $peer{$_} && $site_of{$_} == $gone - 1 } $select->handles;
	for my $end (@ends) {
		hang_up($end) if $select->exists($end);
	}
	open my $f, '>', "$counts.new" or die $!;
	print $f "$_ $bytes[$_ - 1][0] $bytes[$_ - 1][1]\n" for 1 .. @ports;
	close $f;
	rename "$counts.new", $counts;
}
