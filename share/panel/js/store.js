// What the topics say: devices (packs, banks, links) and the bridge.  See "Topics" in jk-mqtt(1).

const STATES = ['live', 'settings', 'about', 'alarms', 'health', 'energy', 'balance', 'score'];
const STALE_MS = 30000,
	STALE_INTERVALS = 3,
	RESULT_MS = 30000;

const store = {
	devices: new Map(),
	links: new Map(),
	bridge: null,
	status: null,
	upstream: true, // false: the server has lost the broker behind it
	version: 0, // changes when there is another device or link
};

function kindOf(name) {
	const kind = /^(bank|link|inverter)_/.exec(name);
	return kind ? kind[1] : 'pack';
}

function makeDevice(name) {
	return {
		name,
		kind: kindOf(name),
		availability: null,
		live: null,
		settings: null,
		about: null,
		alarms: null,
		health: null,
		energy: null,
		balance: null,
		score: null,
		heardMs: 0,
		intervalMs: 0,
		commands: new Map(), // of a setting: what was asked, and what came of it
		alarmTexts: new Map(),
		trace: null,
		recent: null,
		recentMs: 0,
	};
}

function deviceOf(name) {
	let device = store.devices.get(name);
	if (!device) {
		device = makeDevice(name);
		store.devices.set(name, device);
		store.version++;
	}
	device.seen = true;
	return device;
}

function parsed(text) {
	try {
		const value = JSON.parse(text);
		return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
	} catch {
		return null;
	}
}

// ---- how fresh it is ----

// A retained message may be old: then it was heard when it says so, if our clock does not contradict.
function heardAt(live, retained, now) {
	const ms = typeof live.time === 'number' ? live.time * 1000 : now;
	return retained && ms < now ? ms : now;
}

function takeLive(device, live, retained, now) {
	const heard = heardAt(live, retained, now);
	if (device.heardMs && !retained)
		device.intervalMs = Math.max(heard - device.heardMs, device.intervalMs * 0.8);
	device.heardMs = heard;
	device.live = live;
	if (!retained || now - heard < STALE_MS) traceAdd(device, heard);
}

function bridgeIsUp() {
	return store.status === 'online' && store.upstream;
}

// 'online', 'stale', 'offline', 'unknown': only the first has values to be shown.
function stateOf(device, now) {
	if (!connection.up || !device.seen) return 'unknown';
	if (!bridgeIsUp()) return 'offline';
	if (device.availability !== null && device.availability !== 'online') return 'offline';
	if (device.availability === null || !device.live) return 'unknown';
	const limit = Math.max(STALE_MS, STALE_INTERVALS * device.intervalMs);
	return now - device.heardMs > limit ? 'stale' : 'online';
}

// ---- settings ----

// Also what others ask for: every client sees the topics of commands.
function takeSet(device, key, value) {
	const known = device.commands.get(key);
	const mine = known && known.state === 'asked' && known.value === value;
	device.commands.set(key, {state: 'pending', value, mine: Boolean(mine), atMs: Date.now()});
}

function takeResult(device, key, result) {
	const known = device.commands.get(key);
	device.commands.set(key, {
		state: result.result === 'confirmed' ? 'confirmed' : 'refused',
		result: String(result.result),
		why: result.why ? String(result.why) : '',
		value: String(result.value),
		mine: Boolean(known && known.mine),
		atMs: Date.now(),
	});
}

// No result: nobody knows whether the BMS took it.
function expireCommands(now) {
	for (const device of store.devices.values())
		for (const command of device.commands.values())
			if (
				(command.state === 'asked' || command.state === 'pending') &&
				now - command.atMs > RESULT_MS
			)
				Object.assign(command, {state: 'refused', result: 'timeout', why: ''});
}

// ---- topics ----

function takeDevice(name, what, text, retained, now) {
	if (text === '') {
		const device = store.devices.get(name);
		if (device && what in device) device[what] = null;
		return;
	}
	const device = deviceOf(name);
	if (what === 'availability') {
		device.availability = text;
		return;
	}
	const value = parsed(text);
	if (value && what === 'live') takeLive(device, value, retained, now);
	else if (value) device[what] = value;
}

// A transition has the text of the rule, which the list of active alarms has not.
function takeAlarm(name, alarm) {
	if (alarm && typeof alarm.key === 'string' && typeof alarm.text === 'string')
		deviceOf(name).alarmTexts.set(alarm.key, alarm.text);
}

function takeLink(channel, text) {
	const value = parsed(text);
	if (!value) return;
	if (!store.links.has(channel)) store.version++;
	store.links.set(channel, {channel, ...value, seen: true});
}

function takeMessage(topic, text, retained, now) {
	const [first, second, third, more] = topic.split('/');
	if (more !== undefined) return;
	if (second === undefined) {
		if (first === 'status') store.status = text;
		else if (first === 'bridge') store.bridge = parsed(text);
	} else if (first === 'panel' && second === 'bridge') {
		store.upstream = text !== '0';
	} else if (first === 'link' && third === undefined) {
		takeLink(second, text);
	} else if (third === undefined) {
		if (second === 'alarm') takeAlarm(first, parsed(text));
		else if (second === 'availability' || STATES.includes(second))
			takeDevice(first, second, text, retained, now);
	} else if (second === 'set' && !retained) {
		takeSet(deviceOf(first), third, text);
	} else if (second === 'result' && parsed(text)) {
		takeResult(deviceOf(first), third, parsed(text));
	}
}

// What the broker did not send again after a new connection is not there any more.
function forgetUnseen() {
	for (const list of [store.devices, store.links])
		for (const [name, one] of list)
			if (!one.seen) {
				list.delete(name);
				store.version++;
			}
}

function markUnseen() {
	for (const list of [store.devices, store.links]) for (const one of list.values()) one.seen = false;
}

// ---- lists ----

function devicesOf(kind) {
	return [...store.devices.values()]
		.filter((one) => one.kind === kind)
		.sort((a, b) => a.name.localeCompare(b.name, 'en', {numeric: true}));
}

// What people call it: the bridge knows the labels of packs.
function titleOf(device) {
	const labels = store.bridge && store.bridge.labels;
	if (labels && Object.hasOwn(labels, device.name) && typeof labels[device.name] === 'string')
		return labels[device.name];
	return device.kind === 'bank' ? device.name.replace(/^bank_/, '') : device.name;
}

// Active alarms of all devices and links, newest first.
function activeAlarms() {
	const list = [];
	for (const device of store.devices.values())
		for (const alarm of (device.alarms &&
			Array.isArray(device.alarms.alarms) &&
			device.alarms.alarms) ||
			[])
			list.push({device, alarm});
	return list.sort((a, b) => (b.alarm.since || 0) - (a.alarm.since || 0));
}
