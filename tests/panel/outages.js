// What is not known is not shown: the broker, the bridge, a pack, the network and a tab that slept.
'use strict';
const {ok, equals, until, Rig, startBroker, startBus, retained, openPage} = require('./rig.js');

// No number that could be taken for a value of a pack, outside of charts.
async function valuesOf(page) {
	return page.evaluate(() =>
		[...document.querySelectorAll('.value:not(.setting .value), dd, .cell-value')]
			.map((node) => node.textContent)
			.filter((text) => /\d/.test(text)),
	);
}

async function shown(page) {
	return (
		(await page.locator('.pack[data-state=online]').count()) === 2 &&
		(await page.locator('.pack .soc').allTextContents()).every((text) => /\d/.test(text))
	);
}

module.exports = async function outages(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		await startBus(rig, {
			packs: ['1:16', '2:8'],
			map: ['1 north', '2 south'],
			mqtt: ['-i', '1', '-t', '5'],
			poll: ['-i', '1'],
			sim: ['--silence', '2@45-75'],
		});
		const page = await openPage(browser, `http://127.0.0.1:${rig.web}/`);
		ok('both packs are shown', await until(() => shown(page)));
		const state = () => page.locator('.connection').textContent();

		await rig.stop(rig.broker);
		ok(
			'without a broker the page says so',
			await until(async () => /^No connection since \d\d:\d\d:\d\d$/.test(await state())),
		);
		equals('and shows no values', (await valuesOf(page)).join(' | '), '');
		ok(
			'nor does it say that there is no alarm',
			/unknown/.test(await page.locator('.alarms').first().textContent()),
		);
		await startBroker(rig);
		ok('the broker is back, and so are the values', await until(() => shown(page)));
		equals('it says that it is connected', await state(), 'Connected');

		const silent = page.locator('.pack', {has: page.locator('h3', {hasText: 'south'})});
		ok(
			'a pack that is silent is offline',
			await until(
				async () =>
					/offline, last heard \d\d:\d\d:\d\d/.test(
						await silent.locator('.state').textContent(),
					),
				60,
			),
		);
		ok(
			'it has no values',
			!/\d/.test(
				await silent
					.locator('.pack-now, dd')
					.allTextContents()
					.then((all) => all.join('')),
			),
		);
		ok('the other one has', /\d/.test(await page.locator('.pack .soc').first().textContent()));
		ok('it comes back', await until(() => shown(page), 60));

		await page.context().setOffline(true);
		await page.evaluate(() => {
			window.cut = Date.now();
		});
		// Chromium does not cut sockets that are open: the server does.
		await rig.stop(rig.broker);
		ok(
			'without a network there are no values',
			await until(async () => (await valuesOf(page)).length === 0),
		);
		await startBroker(rig);
		await page.context().setOffline(false);
		ok('with it there are', await until(() => shown(page)));

		const session = await page.context().newCDPSession(page);
		await session.send('Page.setWebLifecycleState', {state: 'frozen'});
		await rig.stop(rig.broker);
		await startBroker(rig);
		await new Promise((resolve) => setTimeout(resolve, 2000));
		await session.send('Page.setWebLifecycleState', {state: 'active'});
		ok('a tab that slept through it shows values again', await until(() => shown(page)));

		process.kill(-rig.pipeline.pid, 'SIGKILL');
		ok(
			'a bridge that was killed is reported',
			await until(
				async () =>
					(await state()) === 'The bridge is offline: nothing is known now',
				60,
			),
		);
		equals('and there are no values', (await valuesOf(page)).join(' | '), '');
		equals('that it is retained by the broker', retained(rig, 'jk/status'), 'offline');
		equals('nothing went wrong in the page', page.wrong.join('\n'), '');

		// Values that do not come any more, from a bridge that hangs.
		await rig.stop(rig.sim);
		await startBus(rig, {
			packs: ['1:16', '2:8'],
			map: ['1 north', '2 south'],
			mqtt: ['-i', '1', '-t', '3000'],
			poll: ['-i', '1'],
		});
		ok('the bridge is back', await until(() => shown(page)));
		process.kill(rig.sim.pid, 'SIGSTOP');
		const first = page.locator('.pack').first();
		ok(
			'values that are too old are not shown',
			await until(
				async () =>
					(await first.getAttribute('data-state')) === 'stale' &&
					!/\d/.test(await first.locator('.soc').textContent()),
				60,
			),
		);
		process.kill(rig.sim.pid, 'SIGCONT');
		ok('newer ones are', await until(() => shown(page)));
	} finally {
		await rig.end();
	}
};
