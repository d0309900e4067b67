// Names and texts from outside are shown as text, whatever they contain.
'use strict';
const {ok, equals, until, Rig, startBroker, startBus, publish, openPage} = require('./rig.js');

const BAD = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';

module.exports = async function hostile(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		await startBus(rig, {
			packs: ['1:8'],
			map: [`1 north "${BAD.replaceAll('"', "'")}"`],
			mqtt: ['-i', '1'],
		});
		const page = await openPage(browser, `http://127.0.0.1:${rig.web}/`);
		const label = BAD.replaceAll('"', "'");
		ok(
			'a label is text',
			await until(async () => (await page.locator('.pack h3').textContent()) === label),
		);
		const send = (topic, value) =>
			publish(
				rig,
				`jk/${topic}`,
				typeof value === 'string' ? value : JSON.stringify(value),
				['-r'],
			);
		// A pack that nobody has, from somebody who may publish: every text of it is odd.
		const odd = `odd ${BAD.replaceAll('/', '')}`.replaceAll(/[+#]/g, '');
		send(`${odd}/availability`, 'online');
		send(`${odd}/live`, {
			time: Date.now() / 1000,
			total_voltage: BAD,
			state_of_charge: {a: 1},
			current: '1e999',
			cell_voltages: [BAD, 3.1, null, {}],
			power: null,
			min_voltage_cell: BAD,
			errors: BAD,
			[BAD]: BAD,
			__proto__x: 1,
			constructor: BAD,
			toString: 1,
			max_temperature: 1e308,
		});
		send(`${odd}/about`, {device_name: BAD, serial_number: BAD, vendor_id: BAD});
		send(`${odd}/alarms`, {
			count: 1,
			alarms: [
				{key: BAD, severity: BAD, since: BAD},
				{key: '__proto__', severity: 'alarm', since: 5},
			],
		});
		send(`${odd}/health`, {state: BAD, reason: BAD});
		send(`${odd}/score`, {score: BAD, health: BAD, reason: BAD});
		send(`${odd}/balance`, {weakest_cell: BAD, cells: BAD, since: BAD});
		send(`${odd}/energy`, {charged_wh_today: BAD});
		send(`${odd}/settings`, {balance_trigger_voltage: BAD, charging_switch: BAD});
		send('__proto__/live', {total_voltage: 1});
		send('constructor/availability', 'online');
		send('bank_x/live', 'null');
		send('bank_x/alarms', {alarms: 5});
		send('link/evil', {channel: BAD, state: BAD, reason: BAD, mode: BAD, open: true});
		ok(
			'the odd pack is shown',
			await until(() => page.locator('.pack', {hasText: 'odd'}).count()),
		);
		ok(
			'the reason of its health is text',
			await until(
				async () =>
					(await page
						.locator('.pack', {hasText: 'odd'})
						.locator('.reason')
						.textContent()) === BAD,
			),
		);
		ok(
			'its alarms are text',
			await until(async () =>
				(await page.locator('.alarms .alarm-text').allTextContents()).some((text) =>
					text.includes('img src=x'),
				),
			),
		);
		await page.goto(`http://127.0.0.1:${rig.web}/#/${encodeURIComponent(odd)}`);
		ok(
			'its page opens',
			await until(async () => (await page.locator('h1').textContent()) === odd),
		);
		ok(
			'with its device name as text',
			await until(
				async () =>
					(await page.locator('dd[data-key=device_name]').textContent()) ===
					BAD,
			),
		);
		publish(
			rig,
			`jk/${odd}/result/balance_trigger_voltage`,
			JSON.stringify({result: BAD, why: BAD, value: BAD}),
		);
		publish(rig, `jk/${odd}/set/charging_switch`, BAD);
		await page.evaluate(() =>
			document.querySelectorAll('details').forEach((one) => {
				one.open = true;
			}),
		);
		ok(
			'a result is text',
			await until(async () =>
				(await page.locator('.result').allTextContents()).some((text) =>
					text.includes(BAD),
				),
			),
		);
		await page.goto(`http://127.0.0.1:${rig.web}/?prefix=jk#/%E0%A4%A`);
		ok('an odd address shows the first page', await until(() => page.locator('.pack').count()));
		equals(
			'no element was made of a text',
			await page.evaluate(
				() => document.querySelectorAll('#page img, #page script').length,
			),
			0,
		);
		equals('and nothing of it ran', await page.evaluate(() => window.hurt), undefined);
		ok(
			'the policy lets no text become HTML',
			await page.evaluate(() => {
				try {
					document.createElement('div').innerHTML = '<b>';
					return false;
				} catch {
					return true;
				}
			}),
		);
		const wrong = page.wrong.filter((text) => !/TrustedHTML|Trusted Type/.test(text));
		equals('nothing went wrong in the page', wrong.slice(0, 3).join('\n'), '');
	} finally {
		await rig.end();
	}
};
