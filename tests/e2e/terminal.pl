# terminal.pl FOLDER ROWS COLUMNS COMMAND...: runs the command in a terminal, of which FOLDER/screen is what
# it shows and FOLDER/kept what has scrolled out at its top.  FOLDER/colours has a letter for each character:
# r(ed), y(ellow), b(old), d(im) or a blank.  FOLDER/raw is what was written to it.  On stdin: "size ROWS
# COLUMNS", or "close".  Exits as the command does.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use POSIX ();
my ($folder, $rows, $columns, @command) = @ARGV;
my ($top, $bottom, $x, $y, $colour, @saved) = (0, $rows - 1, 0, 0, ' ', 0, 0, ' ');
my (@cell, @tint, @kept);
my %letter = (0 => ' ', 1 => 'b', 2 => 'd', 31 => 'r', 33 => 'y');
my $pending = '';
my $utf8 =
	qr/([\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})/;

sub blank { ([(' ') x $columns], [(' ') x $columns]) }
sub row { my ($c, $t) = blank(); push @cell, $c; push @tint, $t }
row() for 1 .. $rows;

# One line up in the region; what leaves the terminal at its top is kept.
sub scroll {
	my ($gone) = splice @cell, $top, 1;
	splice @tint, $top, 1;
	push @kept, join '', @$gone if $top == 0;
	my ($c, $t) = blank();
	splice @cell, $bottom, 0, $c;
	splice @tint, $bottom, 0, $t;
}
sub down { $y == $bottom ? scroll() : $y < $rows - 1 && $y++ }
sub clear { my ($from) = @_; $cell[$y][$_] = $tint[$y][$_] = ' ' for $from .. $columns - 1 }

sub character {
	my ($char) = @_;
	if ($char =~ /\p{M}/) {
		$cell[$y][$x > 0 ? $x - 1 : 0] .= $char;
		return;
	}
	my $width = $char =~ /\p{EA=W}|\p{EA=F}/ ? 2 : 1;
	if ($x + $width > $columns) { $x = 0; down() }
	$cell[$y][$x] = $char;
	$cell[$y][$x + 1] = '' if $width == 2;
	$tint[$y][$x + $_] = $colour for 0 .. $width - 1;
	$x += $width;
}

sub sequence {
	my ($words, $what) = @_;
	my @n = split /;/, $words;
	if ($what eq 'H') { $y = ($n[0] || 1) - 1; $x = ($n[1] || 1) - 1 }
	elsif ($what eq 'G') { $x = ($n[0] || 1) - 1 }
	elsif ($what eq 'A') { $y -= $n[0] || 1; $y = 0 if $y < 0 }
	elsif ($what eq 'K') { clear($x) }
	elsif ($what eq 'J') {
		clear($x);
		my $was = $y;
		clear(0) while ++$y < $rows;
		$y = $was;
	} elsif ($what eq 'r') {
		($top, $bottom) = (($n[0] || 1) - 1, ($n[1] || $rows) - 1);
		($x, $y) = (0, 0);
	} elsif ($what eq 'm') {
		for my $n (@n ? @n : 0) { $colour = $letter{$n} // $colour }
	} elsif ($words !~ /^\?25$/) { print STDERR "unknown sequence: $words$what\n" }
	$y = $rows - 1 if $y >= $rows;
}

sub take {
	$pending .= $_[0];
	while ($pending ne '') {
		if ($pending =~ s/^\e\[([0-9;?]*)([A-Za-z])//) { sequence($1, $2) }
		elsif ($pending =~ s/^\e7//) { @saved = ($x, $y, $colour) }
		elsif ($pending =~ s/^\e8//) { ($x, $y, $colour) = @saved }
		elsif ($pending =~ s/^\eD//) { down() }
		elsif ($pending =~ /^\e(?:$|\[[0-9;?]*$)/) { last }
		elsif ($pending =~ s/^\n//) { down() }
		elsif ($pending =~ s/^\r//) { $x = 0 }
		elsif ($pending =~ s/^([\x00-\x1f\x7f])//) { printf STDERR "control %02x\n", ord $1 }
		elsif ($pending =~ s/^$utf8//) {
			my $char = $1;
			utf8::decode($char);
			character($char);
		} elsif ($pending =~ /^[\xc2-\xf4][\x80-\xbf]{0,2}$/) { last }
		else { $pending =~ s/^.//s; print STDERR "not UTF-8\n" }
	}
}

# Each of these files is whole whenever it is read.
sub show {
	my %text = (
		screen => join('', map { my $s = join '', @$_; $s =~ s/ +$//; "$s\n" } @cell),
		colours => join('', map { my $s = join '', @$_; $s =~ s/ +$//; "$s\n" } @tint),
		kept => join('', map { s/ +$//r . "\n" } @kept));
	for my $name (keys %text) {
		open my $to, '>:utf8', "$folder/$name.new" or die;
		print $to $text{$name};
		close $to;
		rename "$folder/$name.new", "$folder/$name" or die;
	}
}

sub set_size { my ($tty) = @_; ioctl $tty, 0x5414, pack 'S4', $rows, $columns, 0, 0 or die "TIOCSWINSZ: $!" }
sub resize {
	($rows, $columns) = @_;
	row() while @cell < $rows;
	# what has no room goes at the foot, as far as nothing but blanks and the table are below the cursor
	while (@cell > $rows) {
		if ($y < $#cell) { pop @cell; pop @tint }
		else { push @kept, join '', @{shift @cell}; shift @tint; $y-- }
	}
	for my $line (@cell, @tint) {
		push @$line, ' ' while @$line < $columns;
		$#$line = $columns - 1;
	}
	($top, $bottom) = (0, $rows - 1);
	$x = $columns - 1 if $x >= $columns;
}

sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY or die "ptmx: $!";
ioctl $master, 0x40045431, my $unlocked = pack 'i', 0 or die "TIOCSPTLCK: $!";
ioctl $master, 0x80045430, my $number = pack 'I', 0 or die "TIOCGPTN: $!";
my $name = '/dev/pts/' . unpack 'I', $number;
set_size($master);
my $child = fork // die;
if (!$child) {
	POSIX::setsid();
	open my $tty, '+<', $name or die "$name: $!"; # the first one that is opened controls the session
	POSIX::dup2(fileno $tty, $_) for 1, 2;
	open STDIN, '<', '/dev/null';
	close $master;
	exec @command or die;
}
open my $raw, '>', "$folder/raw" or die;
$raw->autoflush(1);
show();
my $open = 1;
while ($open) {
	my $wanted = '';
	vec($wanted, fileno($_), 1) = 1 for $master, *STDIN;
	select my $ready = $wanted, undef, undef, undef;
	if (vec $ready, fileno $master, 1) {
		my $n = sysread $master, my $bytes, 65536;
		last if !$n; # nobody has it open
		print $raw $bytes;
		take($bytes);
		show();
	}
	if (vec $ready, fileno STDIN, 1) {
		sysread STDIN, my $line, 4096 or last;
		if ($line =~ /^size ([0-9]+) ([0-9]+)/) {
			resize($1, $2);
			set_size($master);
			show();
		} elsif ($line =~ /^close/) { $open = 0 }
	}
}
close $master;
waitpid $child, 0;
exit($? >> 8 || $? & 127);
