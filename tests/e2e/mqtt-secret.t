#!/bin/sh
# A password of jk-mqtt is in no core, and its memory is closed to other processes of the user.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# core DIR COMMAND...: runs it until it is ready, kills it with a core allowed; whether there was a core.
cat >"$dir/core.pl" <<'EOF'
use strict;
use warnings;
my ($folder, @command) = @ARGV;
pipe my $ready, my $to or die;
pipe my $in, my $feed or die;
my $pid = fork // die;
if (!$pid) {
	open STDIN, '<&', $in or die;
	close $feed;
	open STDERR, '>', "$folder/err" or die;
	require POSIX;
	POSIX::dup2(fileno $to, 7) or die;
	exec @command or die;
}
close $to;
readline $ready;
kill 'ABRT', $pid; # not QUIT, which is ignored in the background
waitpid $pid, 0;
print $? & 128 ? 'core' : 'none', ' ', $? & 127, "\n";
EOF
# shellcheck disable=SC3045 # dash has it, too
core() {
	(ulimit -c unlimited && perl "$dir/core.pl" "$dir" "$@")
}
printf 'the-secret-password\n' >"$dir/password"
chmod 600 "$dir/password"
jk_mqtt=$(command -v jk-mqtt)
case $jk_mqtt in /*) ;; *) jk_mqtt=$PWD/$jk_mqtt ;; esac
cd "$dir" || exit
without=$(core "$jk_mqtt" -d 7 127.0.0.1:1)
from_file=$(core "$jk_mqtt" -d 7 -u me -P password 127.0.0.1:1)
from_environment=$(JK_MQTT_PASSWORD=the-secret-password core "$jk_mqtt" -d 7 -u me 127.0.0.1:1)
cd "$OLDPWD" || exit
if [ "$without" = "core 6" ]; then
	ok "no core with a password of a file" equals "$from_file" "none 6"
	ok "nor with one of the environment" equals "$from_environment" "none 6"
else
	skip "no core with a password of a file" "this system writes no cores: $without"
	skip "nor with one of the environment" "this system writes no cores: $without"
fi
found=$(grep -l the-secret-password "$dir"/* | sed 's/.*\///' | tr '\n' ' ')
ok "it is in no other file" equals "$found" "password "
done_testing
