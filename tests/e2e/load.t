#!/bin/sh
# Loads of up to 200 A in both directions that step also while a frame is measured: its parts are of different
# moments, and all of it is valid.  JK_DAY: seconds of it.
. tests/e2e/lib.sh

# a_day OPTIONS...: every frame that was sent is a record with the values that the model had.
a_day() {
	jk-sim -o "$dir/raw" --log "$dir/log" --load-steps 200 "$@" || return 1
	jk-capture - <"$dir/raw" >"$dir/frames" 2>/dev/null || return 1
	jk-decode "$dir/frames" >"$dir/records" || return 1
	tests/e2e/stream.pl sent "$dir/log" "$dir/frames" "$dir/records"
}

# Whether the day was one: of the frames, in so many of 100 the power is of another load than the current, in
# so many of these the voltages are apart as well, and so many have a current of 150 A and more.
rough() {
	perl -ne '
		next unless /"type":"live"/;
		my ($cells) = /"cell_voltages":\[([^\]]*)\]/;
		my ($volts) = /"total_voltage":([\d.]+)/;
		my ($watts) = /"power_magnitude":([\d.]+)/;
		my ($amperes) = /"current":-?([\d.]+)/;
		my $sum = 0;
		$sum += $_ for split /,/, $cells;
		$n++;
		$large++ if $amperes >= 150;
		next if abs($watts / $volts - $amperes) < 20;
		$apart++;
		$moved++ if abs($sum - $volts) > 0.3;
		END {
			printf "%d frames, %d %% large, ", $n, 100 * $large / $n;
			printf "%d %% with a step, ", 100 * $apart / $n;
			printf "%d %% of these with other voltages\n", 100 * $moved / $apart;
			exit !($large > 0.1 * $n && $apart > 0.3 * $n && $moved > 0.3 * $apart);
		}' "$dir/records"
}

nothing_rejected() {
	lacks -m 3 '"type":"rejected"' "$dir/records"
}

no_alarm_of_frames() {
	jk-alarm "$dir/records" >"$dir/alarms" || return 1
	lacks -E -m 3 '"(source":"frames"|reason":"frames are rejected)' "$dir/alarms"
}

ok "a day of loads that step" a_day --duration "${JK_DAY:-86400}" 1:16 2:8:11 3:15:19 4:24:14
ok "is as rough as it should be" rough
ok "not one frame is rejected" nothing_rejected
ok "jk-alarm raises nothing over its frames" no_alarm_of_frames
ok "an hour of 32 cells and of few, with a master" a_day --duration 3600 --seed 2 --master 1:32 2:4 3:1 4:2:14
ok "not one frame of it is rejected" nothing_rejected
# What is beyond the load is rejected under load, too; three in a row are an alarm.
ok "an hour in which some totals are wrong" a_day --duration 3600 --contradict 0.6 1:16 2:8 3:32
ok "some of them were" grep -q '"reason":"total_voltage"' "$dir/records"
ok "it is an alarm that ends" sh -c "jk-alarm '$dir/records' >'$dir/alarms' &&
	grep -q '\"active\":true.*\"source\":\"frames\"' '$dir/alarms' &&
		grep -q '\"active\":false.*\"source\":\"frames\"' '$dir/alarms'"
done_testing
