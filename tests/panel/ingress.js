// As in the app for Home Assistant: nginx under a prefix, and a mosquitto that is bridged to the broker.
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');
const {execFileSync} = require('child_process');
const {
	ok,
	equals,
	until,
	Rig,
	startBroker,
	startBus,
	retained,
	openPage,
	freePorts,
	reachable,
} = require('./rig.js');

const PREFIX = '/api/hassio_ingress/a-token';

// What Home Assistant does: takes the prefix away, and passes on requests and web sockets.
function proxy(port) {
	const server = http.createServer((request, answer) => {
		if (!request.url.startsWith(PREFIX + '/')) {
			answer.writeHead(404);
			answer.end();
			return;
		}
		const path = request.url.slice(PREFIX.length);
		const inner = http.request({port, path, headers: request.headers}, (from) => {
			answer.writeHead(from.statusCode, from.headers);
			from.pipe(answer);
		});
		inner.on('error', () => answer.destroy());
		request.pipe(inner);
	});
	server.on('upgrade', (request, socket) => {
		const inner = net.connect(port, '127.0.0.1', () => {
			const headers = Object.entries(request.headers)
				.map(([name, value]) => `${name}: ${value}\r\n`)
				.join('');
			inner.write(`GET ${request.url.slice(PREFIX.length)} HTTP/1.1\r\n${headers}\r\n`);
			inner.pipe(socket);
			socket.pipe(inner);
		});
		const end = () => {
			inner.destroy();
			socket.destroy();
		};
		for (const one of [inner, socket]) one.on('error', end).on('close', end);
	});
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const answer = (port, path) =>
	new Promise((resolve) => {
		http.get({port, path}, (from) => {
			from.resume();
			resolve(from.statusCode);
		}).on('error', () => resolve(0));
	});

function configure(rig, port, from) {
	// The lines that the options of the app make.
	fs.writeFileSync(
		rig.file('options.json'),
		JSON.stringify({
			buses: [],
			mqtt_host: '127.0.0.1',
			mqtt_port: rig.port,
			mqtt_user: 'bridge',
			mqtt_password: 'b',
			mqtt_prefix: 'home/jk',
		}),
	);
	const lines = execFileSync('jq', [
		'-r',
		'--argjson',
		'mqtt',
		'null',
		'--arg',
		'part',
		'bridge',
		'--arg',
		'file',
		'',
		'-f',
		'share/app/image/app-options.jq',
		rig.file('options.json'),
	]);
	execFileSync(
		'share/app/image/app-panel',
		[rig.file('panel'), rig.file('www'), String(port), from],
		{input: lines},
	);
	execFileSync('sed', ['-i', '1i user root', rig.file('panel/broker.conf')]); // tests run as root
	execFileSync('sed', ['-i', '1i user root;', rig.file('panel/nginx.conf')]);
}

module.exports = async function ingress(browser) {
	const rig = new Rig();
	let server;
	try {
		fs.writeFileSync(rig.file('passwords'), 'bridge:b\n');
		execFileSync('mosquitto_passwd', ['-U', rig.file('passwords')]);
		const lines = ['allow_anonymous false', 'password_file passwords'];
		await startBroker(rig, lines);
		fs.writeFileSync(rig.file('secret'), 'b\n', {mode: 0o600});
		await startBus(rig, {
			packs: ['1:16'],
			map: ['1 north'],
			poll: ['-i', '1'],
			mqtt: ['-i', '1', '-p', 'home/jk', '-u', 'bridge', '-P', 'secret'],
		});
		const [port] = await freePorts(1);
		configure(rig, port, '172.30.32.2');
		let nginx = rig.start('nginx', 'nginx', [
			'-e',
			'stderr',
			'-c',
			rig.file('panel/nginx.conf'),
		]);
		await until(() => reachable(port));
		equals('nobody but the Supervisor may', await answer(port, '/'), 403);
		equals('not to the socket either', await answer(port, '/mqtt'), 403);
		await rig.stop(nginx);
		configure(rig, port, '127.0.0.1');
		nginx = rig.start('nginx', 'nginx', ['-e', 'stderr', '-c', rig.file('panel/nginx.conf')]);
		let broker = rig.start('inner', 'mosquitto', ['-c', rig.file('panel/broker.conf')]);
		server = await proxy(port);
		fs.mkdirSync(rig.file('panel/recent/north'), {recursive: true});
		fs.writeFileSync(rig.file('panel/recent/north/recent.json'), '{"keys":[],"minutes":[]}');

		const address = `http://127.0.0.1:${server.address().port}${PREFIX}`;
		const page = await openPage(browser, `${address}/#/north`);
		ok(
			'under a prefix: values',
			await until(() => page.locator('.value:not([data-none])').count()),
		);
		const history = await page.evaluate(() =>
			fetch('recent/north/recent.json').then((one) => one.status),
		);
		equals('and the history', history, 200);
		await page.evaluate(() =>
			document.querySelectorAll('details').forEach((one) => {
				one.open = true;
			}),
		);
		const form = page.locator('form.setting[data-key=balance_trigger_voltage]');
		await until(() => form.locator('input').isEnabled());
		await form.locator('input').fill('0.009');
		await form.locator('button').click();
		ok(
			'a setting is changed without a password',
			await until(
				async () => /confirmed/.test(await form.locator('.result').textContent()),
				40,
			),
			await form.locator('.result').textContent(),
		);
		const account = ['-u', 'bridge', '-P', 'b'];
		equals(
			'the BMS has it',
			JSON.parse(retained(rig, 'home/jk/north/settings', account))
				.balance_trigger_voltage,
			0.009,
		);
		const state = () => page.locator('.connection').textContent();
		await rig.stop(rig.broker);
		ok(
			'the broker behind it is gone: nothing is known',
			await until(
				async () =>
					/offline/.test(await state()) &&
					(await page
						.locator('.value:not([data-none]):not(.setting .value)')
						.count()) === 0,
				60,
			),
		);
		await startBroker(rig, lines);
		ok(
			'it is back',
			await until(() => page.locator('.big .value:not([data-none])').count(), 60),
		);
		await rig.stop(broker);
		ok(
			'its own mosquitto is gone',
			await until(async () => /^No connection/.test(await state())),
		);
		broker = rig.start('inner', 'mosquitto', ['-c', rig.file('panel/broker.conf')]);
		ok(
			'it is back, too',
			await until(() => page.locator('.big .value:not([data-none])').count(), 60),
		);
		equals(
			'nothing went wrong in the page',
			page.wrong
				.filter((text) => !/50\d/.test(text))
				.slice(0, 3)
				.join('\n'),
			'',
		);
	} finally {
		if (server) server.close();
		await rig.end();
	}
};
