#!/usr/bin/perl
# A stderr that takes nothing.
# stderr.pl fill FIFO           fills it
# stderr.pl drain FIFO FILE     appends what it holds to the file
# stderr.pl command FIFO LINE   writes the line again and again until killed
# stderr.pl socket|pty DIR COMMAND...
#	runs the command with a full socket, or a terminal stopped as by Ctrl-S, as its stderr, until there is
#	a file DIR/go; then reads what stderr holds into DIR/log.  Its process is in DIR/pid, its exit status
#	in DIR/status.
use strict;
use warnings;
use Fcntl;
use POSIX qw(:termios_h :sys_wait_h);
use Socket;

my $fill = "fill fill fill\n" x 273; # just below PIPE_BUF

sub fill {
	my ($to) = @_;
	1 while defined syswrite $to, $fill;
	1 while defined syswrite $to, "\n";
}

sub append {
	my ($from, $name) = @_;
	open my $file, '>>', $name or die "$name: $!\n";
	while (sysread $from, my $bytes, 65536) {
		syswrite $file, $bytes;
	}
}

# A terminal: the master's end and the slave's.
sub terminal {
	sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY or die "/dev/ptmx: $!\n";
	my $unlocked = pack 'i', 0;
	ioctl $master, 0x40045431, $unlocked or die "TIOCSPTLCK: $!\n";
	my $number = pack 'i', 0;
	ioctl $master, 0x80045430, $number or die "TIOCGPTN: $!\n";
	sysopen my $slave, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY or die "pts: $!\n";
	return ($master, $slave);
}

sub sockets {
	socketpair my $near, my $far, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!\n";
	my $flags = fcntl $far, F_GETFL, 0;
	fcntl $far, F_SETFL, $flags | O_NONBLOCK;
	fill($far);
	fcntl $far, F_SETFL, $flags; # the program finds it blocking
	return ($near, $far);
}

sub run_with {
	my ($kind, $dir, @command) = @_;
	my ($near, $far) = $kind eq 'pty' ? terminal() : sockets();
	tcflow(fileno $far, TCOOFF) if $kind eq 'pty';
	my $child = fork // die "fork: $!\n";
	if ($child == 0) {
		open STDERR, '>&', $far or die;
		exec @command or die;
	}
	open my $pid, '>', "$dir/pid.new" or die;
	print $pid "$child\n";
	close $pid;
	rename "$dir/pid.new", "$dir/pid";
	fcntl $near, F_SETFL, O_NONBLOCK;
	my $gone;
	until ($gone = waitpid($child, WNOHANG) == $child) {
		if (-e "$dir/go") {
			tcflow(fileno $far, TCOON) if $kind eq 'pty';
			unlink "$dir/go";
			open my $began, '>', "$dir/went";
		}
		append($near, "$dir/log") if -e "$dir/went";
		select undef, undef, undef, .02;
	}
	open my $status, '>', "$dir/status.new" or die;
	print $status $? & 127 ? 'signal ' . ($? & 127) : $? >> 8, "\n";
	close $status;
	rename "$dir/status.new", "$dir/status";
}

my $what = shift;
if ($what eq 'fill') {
	sysopen my $fifo, $ARGV[0], O_WRONLY | O_NONBLOCK or die "$ARGV[0]: $!\n";
	fill($fifo);
} elsif ($what eq 'drain') {
	sysopen my $fifo, $ARGV[0], O_RDONLY | O_NONBLOCK or die "$ARGV[0]: $!\n";
	append($fifo, $ARGV[1]);
} elsif ($what eq 'command') {
	while (1) {
		sysopen my $fifo, $ARGV[0], O_WRONLY | O_NONBLOCK or next;
		syswrite $fifo, "$ARGV[1]\n";
	} continue {
		select undef, undef, undef, .2;
	}
} else {
	run_with($what, @ARGV);
}
