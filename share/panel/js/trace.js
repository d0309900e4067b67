// The last hour of a device as it came, in rings that never grow; and the days before, from recent.json.

const TRACE_POINTS = 1800,
	TRACE_STEP_MS = 2000,
	RECENT_MS = 60000;
// The parts of recent.json, and the seconds that a row is of.
const PARTS = {minutes: 60, steps: 600, hours: 3600};
const TRACE_KEYS = [
	'power',
	'state_of_charge',
	'total_voltage',
	'current',
	'max_cell_voltage',
	'min_cell_voltage',
	'mosfet_temperature',
	'temperature_sensor_1',
];

function traceAdd(device, ms) {
	if (device.kind !== 'pack' && device.kind !== 'bank') return;
	if (!device.trace) {
		const values = {};
		for (const key of TRACE_KEYS) values[key] = new Float64Array(TRACE_POINTS);
		device.trace = {
			times: new Float64Array(TRACE_POINTS),
			values,
			next: 0,
			count: 0,
			lastMs: 0,
		};
	}
	const trace = device.trace;
	if (ms - trace.lastMs < TRACE_STEP_MS) return;
	trace.lastMs = ms;
	trace.times[trace.next] = ms / 1000;
	for (const key of TRACE_KEYS)
		trace.values[key][trace.next] =
			typeof device.live[key] === 'number' ? device.live[key] : NaN;
	trace.next = (trace.next + 1) % TRACE_POINTS;
	trace.count = Math.min(trace.count + 1, TRACE_POINTS);
}

// recent.json of jk-history(1), at most every minute.  Without one there is only what came.
function fetchRecent(device, changed) {
	const now = Date.now();
	if (device.recentMs && now - device.recentMs < RECENT_MS) return;
	device.recentMs = now;
	fetch(`recent/${encodeURIComponent(device.name)}/recent.json`, {cache: 'no-store'})
		.then((answer) => (answer.ok ? answer.text() : ''))
		.then((text) => {
			device.recent = parsed(text);
			changed();
		})
		.catch(() => {});
}

function recentRows(device, part) {
	const rows = device.recent && device.recent[part];
	return Array.isArray(rows) ? rows.filter(Array.isArray) : [];
}

// [times, values...] of a span, for uPlot; null where there is nothing.
function series(device, keys, fromS) {
	const data = [[], ...keys.map(() => [])];
	const add = (time, values) => {
		data[0].push(time);
		values.forEach((value, n) => data[n + 1].push(Number.isFinite(value) ? value : null));
	};
	const trace = device.trace;
	const first =
		trace && trace.count
			? trace.times[(trace.next - trace.count + TRACE_POINTS) % TRACE_POINTS]
			: Infinity;
	const columns = (device.recent && Array.isArray(device.recent.keys) && device.recent.keys) || [];
	// What is finer takes over where it begins.
	let kept = [];
	for (const [part, length] of Object.entries(PARTS)) {
		const until = kept.length ? kept[0][0] : first;
		kept = [...recentRows(device, part).filter((row) => row[0] + length <= until), ...kept];
	}
	for (const row of kept)
		if (row[0] >= fromS)
			add(
				row[0],
				keys
					.map((key) => row[1 + columns.indexOf(key)])
					.map((value, n) => (columns.includes(keys[n]) ? value : null)),
			);
	for (let n = 0; trace && n < trace.count; n++) {
		const at = (trace.next - trace.count + n + TRACE_POINTS) % TRACE_POINTS;
		if (trace.times[at] >= fromS)
			add(
				trace.times[at],
				keys.map((key) => trace.values[key][at]),
			);
	}
	return withGaps(data);
}

// A line is not drawn over a time of which nothing is known.
function withGaps(data) {
	const [times] = data,
		out = data.map(() => []);
	let usual = 0;
	for (let n = 0; n < times.length; n++) {
		const step = n > 0 ? times[n] - times[n - 1] : 0;
		if (n > 1 && step > Math.max(120, 3 * usual)) {
			out[0].push(times[n - 1] + 1);
			for (let k = 1; k < data.length; k++) out[k].push(null);
		}
		usual = step || usual;
		for (let k = 0; k < data.length; k++) out[k].push(data[k][n]);
	}
	return out;
}
