// The connection to the broker, over the web socket of the server that this page came from.

const PAUSE_MS = [250, 500, 1000, 2000, 5000],
	SILENT_MS = 15000,
	COMPLETE_MS = 300;
const AUTHORISATION = [4, 5, 134, 135];

const connection = {
	up: false,
	complete: false, // the retained messages have come
	sinceMs: Date.now(), // of up
	refused: null, // why the broker lets us not in
	tries: 0,
	client: null,
	timer: 0,
	number: 0,
	prefix: '',
	lastMs: 0,
};

// The first one was opened by early.js.
function openSocket(address, protocols) {
	const {first} = window.jkSocket;
	window.jkSocket.first = null;
	return first && first.readyState <= WebSocket.OPEN ? first : new WebSocket(address, protocols);
}

// For the tab only.
const account = {
	get user() {
		return sessionStorage.getItem('user') || undefined;
	},
	get password() {
		return sessionStorage.getItem('password') || undefined;
	},
	set(user, password) {
		sessionStorage.setItem('user', user);
		sessionStorage.setItem('password', password);
	},
	clear() {
		sessionStorage.clear();
	},
};

function topicsOfPanel() {
	const states = ['availability', ...STATES].map((what) => '+/' + what);
	return [
		...states,
		'+/alarm',
		'+/set/+',
		'+/result/+',
		'link/+',
		'status',
		'bridge',
		'panel/bridge',
	].map((topic) => connection.prefix + '/' + topic);
}

function lose(changed) {
	if (connection.up) connection.sinceMs = Date.now();
	connection.up = connection.complete = false;
	changed();
}

// Every connection is a new client: nothing of an earlier one, above all no command, is sent again.
function connect(changed) {
	const number = ++connection.number;
	const ours = () => number === connection.number;
	clearTimeout(connection.timer);
	if (connection.client) connection.client.end(true);
	const client = mqtt.connect(window.jkSocket.address, {
		createWebsocket: openSocket,
		protocolVersion: 5,
		clean: true,
		reconnectPeriod: 0,
		resubscribe: false,
		queueQoSZero: false,
		keepalive: 30,
		connectTimeout: 10000,
		timerVariant: 'native',
		username: account.user,
		password: account.password,
		clientId: 'jk-panel-' + crypto.getRandomValues(new Uint32Array(2)).join('-'),
	});
	connection.client = client;
	client.on('connect', () => ours() && begin(client, changed));
	client.on('message', (topic, payload, packet) => {
		if (!ours() || !topic.startsWith(connection.prefix + '/')) return;
		connection.lastMs = Date.now();
		takeMessage(
			topic.slice(connection.prefix.length + 1),
			payload.toString(),
			packet.retain,
			connection.lastMs,
		);
		changed();
	});
	client.on('error', (error) => {
		if (!ours() || !AUTHORISATION.includes(error.code)) return;
		connection.refused = account.user ? 'wrong' : 'asked';
		account.clear();
		lose(changed);
	});
	client.on('close', () => {
		if (!ours()) return;
		client.end(true);
		lose(changed);
		if (connection.refused) return;
		const pause = PAUSE_MS[Math.min(connection.tries++, PAUSE_MS.length - 1)];
		connection.timer = setTimeout(() => connect(changed), pause);
	});
}

function begin(client, changed) {
	Object.assign(connection, {
		up: true,
		complete: false,
		refused: null,
		tries: 0,
		sinceMs: Date.now(),
	});
	connection.lastMs = Date.now();
	store.status = null;
	store.upstream = true;
	markUnseen();
	client.subscribe(topicsOfPanel(), {qos: 0}, () => {
		setTimeout(() => {
			if (client !== connection.client || !connection.up) return;
			connection.complete = true;
			forgetUnseen();
			changed();
		}, COMPLETE_MS);
	});
	changed();
}

// A tab that slept, or a computer: the socket may be dead without anybody having noticed.
function wake(changed) {
	if (document.hidden || connection.refused) return;
	if (!connection.up || Date.now() - connection.lastMs > SILENT_MS) {
		connection.tries = 0;
		lose(changed);
		connect(changed);
	}
}

// A command: taken only while there is a connection, and only for a few seconds.
function publishSetting(device, key, value, done) {
	if (!connection.up) {
		done('no connection');
		return;
	}
	const topic = `${connection.prefix}/${device.name}/set/${key}`;
	const options = {qos: 1, retain: false, properties: {messageExpiryInterval: 5}};
	connection.client.publish(topic, value, options, (error) => {
		done(!error ? null : error.code === 135 ? 'not allowed' : 'no connection');
	});
}
