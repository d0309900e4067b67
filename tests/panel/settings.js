// A setting that is changed in the page reaches the BMS, or the page says why not.
'use strict';
const fs = require('fs');
const {ok, equals, until, Rig, startBroker, startBus, retained, openPage} = require('./rig.js');

const setting = (page, key) => page.locator(`form.setting[data-key=${key}]`);
const result = (page, key) => setting(page, key).locator('.result').textContent();
const settled = (page, key, what) => until(async () => what.test(await result(page, key)), 40);
const value = (rig, key) => JSON.parse(retained(rig, 'jk/north/settings'))[key];

async function openSettings(browser, rig) {
	const page = await openPage(browser, `http://127.0.0.1:${rig.web}/#/north`);
	await until(() => page.locator('details').count());
	await page.evaluate(() =>
		document.querySelectorAll('details').forEach((one) => {
			one.open = true;
		}),
	);
	return page;
}

async function enter(page, key, text) {
	const form = setting(page, key);
	if ((await form.locator('select').count()) > 0) await form.locator('select').selectOption(text);
	else await form.locator('input').fill(text);
	await form.locator('button').click();
}

async function numbers(rig, page, other) {
	const key = 'cell_voltage_undervoltage_recovery',
		free = 'balance_trigger_voltage';
	ok(
		'the value is shown',
		await until(
			async () =>
				(await setting(page, free).locator('.value').textContent()) ===
				'0.005\u00a0V',
		),
	);
	equals(
		'with its bounds',
		await setting(page, free).locator('.bounds').textContent(),
		'0.003 … 1.000\u00a0V',
	);
	await enter(page, free, '0.008');
	ok(
		'a change is asked or pending',
		await until(async () => /asked|pending|confirmed/.test(await result(page, free))),
	);
	ok('another reader sees it', await settled(other, free, /somebody else|confirmed/));
	const confirmed = await settled(page, free, /^0\.008\sV confirmed at \d\d:\d\d:\d\d$/);
	ok('it is confirmed', confirmed, await result(page, free));
	ok('the BMS has it', await until(() => value(rig, free) === 0.008));
	ok(
		'the page shows it',
		await until(async () =>
			/0\.008/.test(await setting(page, free).locator('.value').textContent()),
		),
	);
	ok(
		'another page, too',
		await until(async () =>
			/0\.008/.test(await setting(other, free).locator('.value').textContent()),
		),
	);
	await enter(page, free, '2');
	ok('out of bounds: it is not sent', await settled(page, free, /^Expected 0\.003 … 1\.000\sV$/));
	equals('and the BMS keeps its value', value(rig, free), 0.008);

	await enter(page, key, '2.5');
	ok('what is dangerous asks again', await page.locator('dialog.ask').isVisible());
	ok(
		'and says why',
		/protection threshold; keep above the trip/.test(
			await page.locator('dialog.ask').textContent(),
		),
	);
	await page.locator('dialog.ask button').first().click();
	equals('no: it is not sent', await result(page, key), '');
	await enter(page, key, '2.5');
	await page.locator('dialog.ask .risky').click();
	ok(
		'a rule rejects it, and the reason is shown',
		await settled(page, key, /Rejected: .*undervoltage_protection/),
	);
	equals('the BMS keeps it', value(rig, key), 2.67);
}

async function switches(rig, page) {
	await enter(page, 'balancer_switch', '0');
	ok('a switch: confirmed', await settled(page, 'balancer_switch', /^off confirmed at/));
	ok('the BMS has it', await until(() => value(rig, 'balancer_switch') === false));
	await enter(page, 'cell_count', '8');
	ok(
		'a dangerous one says what happens',
		/Dangerous: a mismatch/.test(await page.locator('dialog.ask').textContent()),
	);
	await page.keyboard.press('Escape');
	ok('Escape is no', await until(async () => (await page.locator('dialog').count()) === 0));
	await enter(page, 'cell_count', '8');
	await page.locator('dialog.ask .risky').click();
	ok('jk-write does not allow it', await settled(page, 'cell_count', /Rejected: .+/));
	equals('the BMS keeps it', value(rig, 'cell_count'), 16);
}

module.exports = async function settings(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		await startBus(rig, {
			packs: ['1:16', '2:8'],
			map: ['1 north', '2 south'],
			mqtt: ['-i', '1'],
			poll: ['-i', '1'],
		});
		await until(() => /"balance_trigger/.test(retained(rig, 'jk/north/settings')));
		const page = await openSettings(browser, rig),
			other = await openSettings(browser, rig);
		await numbers(rig, page, other);
		await switches(rig, page);
		// The broker goes while a value is in the input: what was typed stays, nothing can be sent.
		await setting(page, 'max_balance_current').locator('input').fill('1.5');
		await rig.stop(rig.broker);
		ok(
			'without a broker nothing can be changed',
			await until(() =>
				setting(page, 'max_balance_current').locator('button').isDisabled(),
			),
		);
		await startBroker(rig);
		ok(
			'with one it can',
			await until(() =>
				setting(page, 'max_balance_current').locator('button').isEnabled(),
			),
		);
		equals(
			'what was typed is still there',
			await setting(page, 'max_balance_current').locator('input').inputValue(),
			'1.5',
		);
		equals('nothing was sent by itself', value(rig, 'max_balance_current'), 2);
		equals('nothing went wrong in the page', [...page.wrong, ...other.wrong].join('\n'), '');

		// A BMS that refuses, and one that does not keep what it acknowledges.
		for (const [fault, words] of [
			['--refuse-writes 1@3', /The BMS refused it: .+/],
			['--forget-writes 1', /The BMS did not keep it/],
		]) {
			await rig.stop(rig.pipeline);
			await rig.stop(rig.sim);
			await startBus(rig, {
				packs: ['1:16'],
				map: ['1 north'],
				mqtt: ['-i', '1'],
				poll: ['-i', '1'],
				sim: fault.split(' '),
			});
			ok(
				`${fault}: the pack is back`,
				await until(
					() =>
						setting(page, 'max_balance_current')
							.locator('input')
							.isEnabled(),
					60,
				),
			);
			await enter(page, 'max_balance_current', '1.5');
			if (await page.locator('dialog.ask').count())
				await page.locator('dialog.ask .risky').click();
			ok(`${fault}: the page says so`, await settled(page, 'max_balance_current', words));
		}

		// Without -c nobody takes commands.
		await rig.stop(rig.pipeline);
		await rig.stop(rig.sim);
		await startBus(rig, {
			packs: ['1:16'],
			map: ['1 north'],
			mqtt: ['-i', '1'],
			poll: ['-i', '1'],
			commands: false,
		});
		ok(
			'without -c of jk-mqtt the page only shows them',
			await until(
				() =>
					page
						.locator('.reason', {
							hasText: 'The bridge takes no commands',
						})
						.count(),
				60,
			),
		);
		ok(
			'and nothing can be entered',
			await setting(page, 'max_balance_current').locator('input').isDisabled(),
		);
	} finally {
		await rig.end();
	}
};
