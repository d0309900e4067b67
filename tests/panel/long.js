// Ten minutes with 15 packs, of which each is published every second: memory and processor time.
'use strict';
const {ok, note, until, Rig, startBroker, startBus, openPage} = require('./rig.js');

const MINUTES = Number(process.env.PANEL_MINUTES || 10),
	SETTLE = 2,
	GROWTH_BYTES = 1000000,
	SHARE = 0.1;

// After a collection of garbage: what is still in use.
async function heap(session) {
	await session.send('HeapProfiler.collectGarbage');
	return (await session.send('Runtime.getHeapUsage')).usedSize;
}

// Seconds of processor time of all pages.
async function rendered(browser) {
	const session = await browser.newBrowserCDPSession();
	const {processInfo} = await session.send('SystemInfo.getProcessInfo');
	await session.detach();
	return processInfo
		.filter((one) => one.type === 'renderer')
		.reduce((sum, one) => sum + one.cpuTime, 0);
}

const minutes = (n) => new Promise((resolve) => setTimeout(resolve, n * 60000));

module.exports = async function long(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		await startBus(rig, {
			packs: Array.from({length: 15}, (_, n) => `${n + 1}:16`),
			map: [],
			mqtt: ['-i', '1'],
			poll: ['-i', '1', '-g', '10'],
			sim: ['--day', '1200'],
		});
		const page = await openPage(browser, `http://127.0.0.1:${rig.web}/`);
		ok(
			'15 packs are shown',
			await until(
				async () => (await page.locator('.pack[data-state=online]').count()) === 15,
				120,
			),
		);
		const session = await page.context().newCDPSession(page);
		await session.send('HeapProfiler.enable');
		await minutes(SETTLE);
		const before = await heap(session),
			begun = await rendered(browser),
			from = Date.now();
		for (let n = 1; n <= MINUTES; n++) {
			await minutes(1);
			note(`${n} min: heap ${Math.round((await heap(session)) / 1000)} kB`);
		}
		const share = ((await rendered(browser)) - begun) / ((Date.now() - from) / 1000);
		const growth = (await heap(session)) - before;
		note(
			`heap at first ${Math.round(before / 1000)} kB, ` +
				`growth ${Math.round(growth / 1000)} kB in ${MINUTES} min`,
		);
		note(`processor ${(100 * share).toFixed(1)} % of a core`);
		ok(`memory does not grow: ${Math.round(growth / 1000)} kB`, growth < GROWTH_BYTES);
		ok(`less than ${100 * SHARE} % of a core: ${(100 * share).toFixed(1)} %`, share < SHARE);
		const all = async () => (await page.locator('.pack[data-state=online]').count()) === 15;
		ok('all 15 packs are still shown', await until(all, 60));
	} finally {
		await rig.end();
	}
};
