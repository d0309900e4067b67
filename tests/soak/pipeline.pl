# The programs under test, as a user runs them: stages connected by FIFOs.  A stage that ends is started again
# after a while; its neighbours live on.  This file is the only one that knows how the stages are started and
# held together.  A supervised tree takes its place by the same four functions:
#   pipeline_start(\%c)   starts everything; %c is documented below
#   pipeline_pids()       the process of each stage now: NAME => PID; a stage that is down is left out
#   pipeline_tend($now)   to be called often: notices ends, starts again; returns when to call it at the
# latest
#   pipeline_stop()       ends from the source to the sink, waits, and returns
#
# %c: dir      folder for FIFOs and logs          state   folder for states and the recording (a small disk)
#     build    folder of the programs             preload,clock  see clock.c
#     buses    [{name, source, addrs}]            broker  port
#     down     {NAME => seconds}: how long a stage that was killed stays down (else RESTART_S)
#     tell     function (what, NAME, PID, status): "start" and "exit"
#
# The stages: capture-BUS... > frames | tap | record (tee) | write | tap | decode | tap | alarm | tap | mqtt
use strict;
use warnings;
use Fcntl;
use POSIX qw(mkfifo WNOHANG);

use constant RESTART_S => .5;
my ($c, @stages, %held, %by_pid);

sub fifo {
	my $path = "$c->{dir}/pipes/$_[0]";
	mkfifo $path, 0600 or die "$path: $!\n" unless -p $path;
	# Held open: a reader meets no end of file, and a writer no broken pipe, when its neighbour dies.
	sysopen $held{$_[0]}, $path, O_RDWR or die "$path: $!\n" unless $held{$_[0]};
	return $path;
}

sub stage {
	my ($name, $in, $out, @command) = @_;
	push @stages, {name => $name, in => $in, out => $out, command => [@command], due => 0};
}

sub describe {
	my ($build, $dir, $state) = @$c{qw(build dir state)};
	my @requests;
	for (@{$c->{buses}}) {
		if ($_->{kind} eq 'can') {
			$_->{source} ? stage("capture-$_->{name}", undef, 'frames', "$build/jk-capture",
				'-n', $_->{name},
				$_->{source}) : stage("candump-$_->{name}", "can-$_->{name}", 'frames',
					'tests/soak/candump');
			next;
		}
		my $tx = "$dir/pipes/tx-$_->{name}";
		push @requests, '-x', "$_->{name}=$tx";
		stage("capture-$_->{name}", undef, 'frames', "$build/jk-capture", '-a', $_->{addrs}, '-i', 1,
			'-n', $_->{name}, '-x', $tx, $_->{source});
	}
	stage('tap-captured', 'frames', 'captured', 'tests/soak/tap', "$dir/captured.log");
	stage('record', 'captured', 'recorded', 'tee', '-a', '--output-error=warn', "$state/frames.log");
	stage('write', 'recorded', 'written', "$build/jk-write", '-c', "$dir/pipes/cmd", @requests,
		'-s', "$state/write.state", '-r', "$dir/replies", '--per-day', 100000);
	stage('tap-written', 'written', 'frames2', 'tests/soak/tap', "$dir/written.log");
	stage('decode', 'frames2', 'decoded', "$build/jk-decode", '-m', "$dir/map");
	stage('tap-decoded', 'decoded', 'records', 'tests/soak/tap', "$dir/decoded.log");
	stage('alarm', 'records', 'alarmed', "$build/jk-alarm", '-s', "$state/alarm.state");
	stage('tap-alarmed', 'alarmed', 'records2', 'tests/soak/tap', "$dir/alarmed.log");
	stage('mqtt', 'records2', undef, "$build/jk-mqtt", '-c', "$dir/pipes/cmd", '-i', 1, mqtt_state(),
		"127.0.0.1:$c->{broker}");
}

# The file in which jk-mqtt keeps its queue, if this version has one.
sub mqtt_state {
	my $usage = qx("$c->{build}/jk-mqtt" -h);
	return $usage =~ /^\s+-s, --state /m ? ('-s', "$c->{state}/mqtt.state") : ();
}

sub begin {
	my ($s) = @_;
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		open STDIN, '<', $s->{in} ? fifo($s->{in}) : '/dev/null' or die "stdin: $!\n";
		open STDOUT, '>', $s->{out} ? fifo($s->{out}) : '/dev/null' or die "stdout: $!\n";
		open STDERR, '>>', "$c->{dir}/logs/$s->{name}" or die "stderr: $!\n";
		@ENV{qw(LD_PRELOAD SOAK_CLOCK)} = @$c{qw(preload clock)} unless $s->{name} =~ /^tap/;
		exec {$s->{command}[0]} @{$s->{command}} or POSIX::_exit(127);
	}
	@$s{qw(pid due)} = ($pid, undef);
	$by_pid{$pid} = $s;
	$c->{tell}->('start', $s->{name}, $pid, '');
}

sub pipeline_start {
	($c) = @_;
	mkdir "$c->{dir}/$_" for qw(pipes logs replies);
	describe();
	fifo($_) for grep { defined } map { ($_->{in}, $_->{out}) } @stages;
	begin($_) for reverse @stages;
}

sub pipeline_pids {
	return map { $_->{name} => $_->{pid} } grep { $_->{pid} && $_->{name} !~ /^tap/ } @stages;
}

sub pipeline_tend {
	my ($now) = @_;
	my $next = $now + 1;
	for (@stages) {
		if ($_->{pid} && waitpid($_->{pid}, WNOHANG) == $_->{pid}) {
			$c->{tell}->('exit', $_->{name}, $_->{pid}, $?);
			$_->{pid} = undef;
			$_->{due} = $now + (delete $c->{down}{$_->{name}} // RESTART_S);
		}
		begin($_) if defined $_->{due} && !$_->{pid} && $_->{due} <= $now;
		$next = $_->{due} if defined $_->{due} && !$_->{pid} && $_->{due} < $next;
	}
	return $next;
}

# Each stage ends when its input does: the FIFO before it has no other writer then.
sub pipeline_stop {
	for my $s (@stages) {
		next unless $s->{pid};
		kill 'TERM', $s->{pid} if $s->{name} =~ /^(capture|candump)/;
		if ($s->{in}) {
			close delete $held{$s->{in}} if $held{$s->{in}};
		}
		waitpid $s->{pid}, 0;
		$c->{tell}->('exit', $s->{name}, $s->{pid}, $?);
		$s->{pid} = undef;
	}
}

1;
