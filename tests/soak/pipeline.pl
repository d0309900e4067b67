# The programs under test, as they run for years: a jk.conf(5) and `jk-service run`, under s6.  This file is
# the only one that knows how the stages are started and held together; run knows these functions:
#   pipeline_start(\%c)   starts everything; %c is documented below
#   pipeline_pids()       the process of each stage now: NAME => PID; a stage that is down is left out
#   pipeline_tend($now)   to be called often: notices ends and starts
#   pipeline_look()       what its status and its health are: NAME => exit status
#   pipeline_stop()       ends from the source to the sink, waits, and returns
#   pipeline_kill()       at a failure: leaves no process
#   pipeline_stages(\@buses)  the names of the stages that may be killed
#
# %c: dir      folder for FIFOs and logs          state   folder for states and the recording (a small disk)
#     build    folder of the programs             preload,clock  see clock.c
#     buses    [{name, source, addrs}]            broker  port
#     tell     function (what, NAME, PID, status): "start" and "exit"
#
# What the judge reads is written by taps, which stand between the stages:
#   capture-BUS... > tap > write > tap > tee-frames > decode > tap > alarm > tap > tee-records > mqtt
# and tee-frames > redact > archive.  The tree itself is that of any user: a program is found in the PATH, and
# the one found here is a script that opens what its tap writes as stdin, and becomes the program.
use strict;
use warnings;
use Fcntl;
use POSIX qw(mkfifo WNOHANG);
use Time::HiRes qw(sleep);

my %tap_before = (write => 'captured', 'tee-frames' => 'written', alarm => 'decoded',
	'tee-records' => 'alarmed');
my @behind = qw(write tee-frames redact archive decode alarm tee-records mqtt);
my ($c, $svscan, @stages, %pid, @taps, @held);

sub pipeline_stages {
	my ($buses) = @_;
	return ((map { "capture-$_->{name}" } @$buses), @behind);
}

sub fifo {
	my ($path) = @_;
	mkfifo $path, 0600 or die "$path: $!\n" unless -p $path;
	return $path;
}

sub write_conf {
	open my $conf, '>', "$c->{dir}/jk.conf" or die "jk.conf: $!\n";
	for my $bus (@{$c->{buses}}) {
		my $can = $bus->{kind} eq 'can';
		# Without vcan the stand-in takes the place of the interface and of jk-capture.
		my $source = $bus->{source} // "can:$bus->{name}";
		print $conf "bus $bus->{name} $source", $can ? '' : " poll $bus->{addrs} interval 1", "\n";
		# Address 0 is that of a master BMS, which some faults add.
		print $conf "pack $bus->{name}:$_ $bus->{name}$_\n" for ($can ? 1 : 0) .. @{$bus->{packs}};
	}
	print $conf map { "$_\n" } "broker 127.0.0.1:$c->{broker} interval 1",
		'commands yes per-day 100000',
		"record $c->{state}/archive keep 1G file 1M",
		"run $c->{dir}/run", "state $c->{state}";
}

# The programs as the tree finds them.  A stage has its name from its folder.
sub write_programs {
	mkdir "$c->{dir}/bin";
	for my $program (map { s{.*/}{}r } grep { -x } glob "$c->{build}/jk-*") {
		open my $script, '>', "$c->{dir}/bin/$program" or die "bin: $!\n";
		print $script "#!/bin/sh\n", "dir=$c->{dir} stage=\${PWD##*/}\n",
			"fifo=\$dir/pipes/before-\$stage\n",
			"[ ! -p \"\$fifo\" ] || exec <\"\$fifo\"\n",
			"can=\$dir/pipes/can-\${stage#capture-}\n",
			"[ ! -p \"\$can\" ] || exec $ENV{PWD}/tests/soak/candump <\"\$can\"\n",
			"exec $c->{build}/$program \"\$@\"\n";
		chmod 0755, "$c->{dir}/bin/$program";
	}
}

# Started before the tree; no fault touches it.
sub begin_tap {
	my ($stage) = @_;
	my ($in, $out) = ("$c->{dir}/run/fifo/$stage.in", "$c->{dir}/pipes/before-$stage");
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		open STDIN, '<', $in or die "$in: $!\n";
		# For both directions: a stage that is away is no broken pipe.
		open STDOUT, '+<', $out or die "$out: $!\n";
		exec 'tests/soak/tap', "$c->{dir}/$tap_before{$stage}.log" or POSIX::_exit(127);
	}
	push @taps, $pid;
}

sub begin_tree {
	$svscan = fork // die "fork: $!\n";
	return if $svscan;
	POSIX::setsid();
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', "$c->{dir}/logs/tree" or die "logs: $!\n";
	open STDERR, '>&', \*STDOUT;
	$ENV{PATH} = "$c->{dir}/bin:$ENV{PATH}";
	@ENV{qw(LD_PRELOAD SOAK_CLOCK)} = @$c{qw(preload clock)};
	exec 'scripts/jk-service', '-f', "$c->{dir}/jk.conf", 'run' or POSIX::_exit(127);
}

sub pipeline_start {
	($c) = @_;
	mkdir "$c->{dir}/$_" for qw(pipes logs run run/fifo);
	write_conf();
	write_programs();
	for my $stage (sort keys %tap_before) {
		fifo("$c->{dir}/run/fifo/$stage.in");
		fifo("$c->{dir}/pipes/before-$stage");
		begin_tap($stage);
	}
	# So that jk-sim meets no broken pipe while the stand-in for jk-capture is away.
	for (grep { !$_->{source} } @{$c->{buses}}) {
		sysopen my $can, "$c->{dir}/pipes/can-$_->{name}", O_RDWR or die "can: $!\n";
		push @held, $can;
	}
	@stages = pipeline_stages($c->{buses});
	begin_tree();
	for (my $tries = 0; grep { !$pid{$_} } @stages; $tries++) {
		die "the tree does not come up: see $c->{dir}/logs/tree\n" if $tries > 600
			|| waitpid($svscan, WNOHANG) == $svscan;
		sleep .1;
		look_at($_) for @stages;
	}
}

sub pipeline_pids {
	return map { $pid{$_} ? ($_ => $pid{$_}) : () } @stages;
}

# What s6 says of one stage.
sub svstat {
	my ($stage, $fields) = @_;
	my $words = qx(s6-svstat -o $fields $c->{dir}/run/service/$stage 2>/dev/null);
	return split ' ', $words;
}

sub look_at {
	my ($stage) = @_;
	my $was = $pid{$stage};
	return if $was && kill 0, $was;
	my ($is, $exit, $signal) = svstat($stage, 'pid,exitcode,signal');
	if ($was) {
		$c->{tell}->('exit', $stage, $was, join ' ', $exit // '', $signal // '');
		$pid{$stage} = undef;
	}
	return unless defined $is && $is > 0 && kill 0, $is;
	$pid{$stage} = $is;
	$c->{tell}->('start', $stage, $is, '');
}

my $next_look = 0;
sub pipeline_tend {
	my ($now) = @_;
	return $next_look if $now < $next_look;
	look_at($_) for @stages;
	return $next_look = $now + .1;
}

# What an administrator would look at, while all runs: status of the tree, and its health.
sub pipeline_look {
	my %found;
	$found{status} = run_to("$c->{dir}/status", 'scripts/jk-service', '-f', "$c->{dir}/jk.conf", 'status')
		if -e 'scripts/service-status.sh';
	$found{health} = run_to("$c->{dir}/health", 'scripts/jk-health', '-f', "$c->{dir}/jk.conf")
		if -e 'scripts/jk-health';
	return %found;
}

sub run_to {
	my ($out, @command) = @_;
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		open STDOUT, '>', $out or POSIX::_exit(127);
		open STDERR, '>&', \*STDOUT;
		@ENV{qw(LD_PRELOAD SOAK_CLOCK)} = @$c{qw(preload clock)};
		exec @command or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return $? >> 8;
}

# From the source to the sink, by the script of the tree; what runs then is left over.
sub pipeline_stop {
	kill 'TERM', $svscan;
	@held = ();
	for (my $tries = 0; waitpid($svscan, WNOHANG) == 0; $tries++) {
		die "the tree does not stop\n" if $tries > 600;
		sleep .1;
	}
	$c->{tell}->('exit', 's6-svscan', $svscan, $?);
	my @left = grep { kill 0, $_ } grep { $_ } values %pid;
	$c->{tell}->('left', 'of the tree', join(',', @left), '') if @left;
	for (my $tries = 0; grep({ waitpid($_, WNOHANG) == 0 } @taps) && $tries < 50; $tries++) {
		sleep .1;
	}
	kill 'KILL', @taps;
}

# At a failure: nothing may stay.
sub pipeline_kill {
	return unless $svscan;
	my $scan = "$c->{dir}/run/service";
	system "for s in $scan/* $scan/*/log; do s6-svc -xd \$s; s6-svc -xk \$s; done 2>/dev/null";
	kill 'KILL', @taps;
	kill 'TERM', $svscan;
}

1;
