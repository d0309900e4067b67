// What the page shows equals the topics.
'use strict';
const {ok, equals, note, until, Rig, startBroker, startBus, retained, openPage} = require('./rig.js');

module.exports = async function values(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		await startBus(rig, {
			packs: ['1:16', '2:8'],
			map: ['1 north "North wall"', '2 south'],
			sim: ['--current', '1:12340', '--soc', '1:64', '--alarm', '2:10@3-'],
		});
		await until(() => /"charging_cycles"/.test(retained(rig, 'jk/north/live')));
		const page = await openPage(browser, `http://127.0.0.1:${rig.web}/`);
		const text = (selector) => page.locator(selector).first().textContent();
		ok('a pack is shown', await until(async () => (await page.locator('.pack').count()) === 2));
		ok('with its label', await until(async () => (await text('.pack h3')) === 'North wall'));
		const first = await page.evaluate(
			() => performance.getEntriesByName('first-value')[0]?.startTime,
		);
		note(`the first value was shown ${Math.round(first)} ms after the page was asked for`);
		equals('nothing went wrong in the page', page.wrong.join('\n'), '');
	} finally {
		await rig.end();
	}
};
