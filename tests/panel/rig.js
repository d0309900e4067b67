// A bus, a pipeline and a broker that serves the panel, and Chromium that looks at it.
'use strict';
const {spawn, execFileSync} = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const {chromium} = require('playwright-core');

const build = process.env.JK_BUILD;
const PATH = `${build}:${process.env.PATH}:/usr/sbin`;

// ---- TAP ----

let count = 0,
	failed = 0;

function ok(name, good, why) {
	count++;
	failed += good ? 0 : 1;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && why !== undefined) console.log(String(why).replace(/^/gm, '# '));
}

function equals(name, got, wanted) {
	ok(name, got === wanted, `got ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`);
}

function note(text) {
	console.log('# ' + text);
}

function finish() {
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
}

// Until it returns something true; what it last returned.
async function until(look, seconds = 30) {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const found = await look();
		if (found || Date.now() > end) return found;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

// ---- processes ----

class Rig {
	constructor() {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'jk-panel.'));
		this.processes = new Set();
	}
	file(name) {
		return path.join(this.dir, name);
	}
	// Its own process group, so that all of a pipeline is ended.
	start(name, command, args = []) {
		const log = fs.openSync(this.file(name + '.log'), 'a');
		const child = spawn(command, args, {
			cwd: this.dir,
			detached: true,
			env: {...process.env, PATH},
			stdio: ['ignore', log, log],
		});
		fs.closeSync(log);
		child.gone = new Promise((resolve) => child.on('exit', resolve));
		child.gone.then(() => this.processes.delete(child));
		this.processes.add(child);
		return child;
	}
	async stop(child, signal = 'SIGTERM') {
		if (child && this.processes.has(child)) {
			process.kill(-child.pid, signal);
			await child.gone;
		}
	}
	async end() {
		for (const child of this.processes) process.kill(-child.pid, 'SIGKILL');
		fs.rmSync(this.dir, {recursive: true, force: true});
	}
	log(name) {
		return fs.existsSync(this.file(name + '.log'))
			? fs.readFileSync(this.file(name + '.log'), 'utf8')
			: '';
	}
}

async function freePorts(n) {
	const servers = await Promise.all(
		Array.from(
			{length: n},
			() =>
				new Promise((resolve) => {
					const server = net
						.createServer()
						.listen(0, '127.0.0.1', () => resolve(server));
				}),
		),
	);
	const ports = servers.map((server) => server.address().port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

function reachable(port) {
	return new Promise((resolve) => {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.on('error', () => resolve(false));
	});
}

// The broker with the panel, at rig.web; lines are added to its configuration.
async function startBroker(rig, lines = ['allow_anonymous true']) {
	if (!rig.port) {
		[rig.port, rig.web] = await freePorts(2);
		fs.cpSync(path.join(build, 'panel'), rig.file('www'), {recursive: true});
	}
	fs.writeFileSync(
		rig.file('broker.conf'),
		[
			`listener ${rig.port} 127.0.0.1`,
			`listener ${rig.web} 127.0.0.1`,
			'protocol websockets',
			`http_dir ${rig.file('www')}`,
			'user root',
			...lines,
			'',
		].join('\n'),
	);
	rig.broker = rig.start('broker', 'mosquitto', ['-c', 'broker.conf']);
	await until(() => reachable(rig.port).then((one) => one && reachable(rig.web)));
}

// packs: those of jk-sim; options of its and of jk-mqtt, and lines of the map.
async function startBus(
	rig,
	{packs, sim = [], mqtt = [], map = [], poll = [], write = [], commands = true, records = 'records'},
) {
	const addresses = packs.map((pack) => pack.split(':')[0]).join(',');
	fs.writeFileSync(rig.file('map'), map.join('\n') + '\n');
	for (const fifo of ['cmd', 'tx'])
		if (!fs.existsSync(rig.file(fifo))) execFileSync('mkfifo', [rig.file(fifo)]);
	fs.rmSync(rig.file('bus'), {force: true});
	rig.sim = rig.start('sim', 'jk-sim', ['--pty=bus', ...sim, ...packs]);
	await until(() => fs.existsSync(rig.file('bus')));
	rig.pipeline = rig.start('pipeline', 'sh', [
		'-c',
		`
		jk-capture -a ${addresses} ${poll.join(' ')} -x tx -n shed ./bus |
		jk-write -c cmd -x tx ${write.join(' ')} | jk-decode -m map | jk-alarm | jk-bank -b house |
		jk-tee ${records} |
		jk-mqtt ${mqtt.join(' ')} ${commands ? '-c cmd' : ''} 127.0.0.1:${rig.port}`,
	]);
}

function publish(rig, topic, message, options = []) {
	execFileSync('mosquitto_pub', [
		'-h',
		'127.0.0.1',
		'-p',
		String(rig.port),
		'-t',
		topic,
		'-m',
		message,
		...options,
	]);
}

// The retained message of a topic.
function retained(rig, topic, options = []) {
	return execFileSync(
		'mosquitto_sub',
		['-h', '127.0.0.1', '-p', String(rig.port), '-C', '1', '-W', '20', '-t', topic, ...options],
		{encoding: 'utf8'},
	).trim();
}

// ---- the browser ----

async function startBrowser() {
	return chromium.launch({
		executablePath: execFileSync('sh', ['-c', 'command -v chromium']).toString().trim(),
		args: ['--no-sandbox', '--disable-gpu'],
	});
}

// A page that keeps what went wrong in it: errors, except those of the network, which tests cause.
async function openPage(browser, address, options = {}) {
	const context = await browser.newContext({
		viewport: {width: 1280, height: 900},
		locale: 'en-GB',
		...options,
	});
	const page = await context.newPage();
	page.wrong = [];
	page.on('pageerror', (error) => page.wrong.push(error.stack));
	page.on('console', (message) => {
		if (message.type() === 'error' && !/ERR_|404|WebSocket connection/.test(message.text()))
			page.wrong.push(message.text());
	});
	await page.goto(address);
	return page;
}

module.exports = {
	ok,
	equals,
	note,
	finish,
	until,
	Rig,
	startBroker,
	startBus,
	publish,
	retained,
	startBrowser,
	openPage,
	freePorts,
	reachable,
	build,
};
