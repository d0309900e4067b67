// The pictures of the README, into docs/: tests/panel/run pictures.  Four packs, after some minutes of a
// short day, and the energy of the days before.
'use strict';
const fs = require('fs');
const {execFileSync} = require('child_process');
const {ok, until, Rig, startBroker, startBus, openPage, build} = require('./rig.js');

const DAY_S = 86400,
	WH = [5200, 6900, 3100, 7400, 6100, 4800];

// Records of the days before, for jk-history.
function week() {
	const noon = new Date().setHours(12, 0, 0, 0) / 1000;
	return WH.map(
		(wh, n) =>
			JSON.stringify({
				time: noon - (WH.length - n) * DAY_S,
				channel: '',
				bms: null,
				bank: 'house',
				type: 'energy',
				charged_wh_today: wh,
				discharged_wh_today: Math.round(wh * 0.9),
				charged_ah_today: Math.round(wh / 52),
				discharged_ah_today: Math.round(wh / 58),
			}) + '\n',
	).join('');
}

module.exports = async function pictures(browser) {
	const rig = new Rig();
	try {
		await startBroker(rig);
		execFileSync(`${build}/jk-history`, ['-f', rig.file('h.db')], {input: week()});
		execFileSync('mkfifo', [rig.file('history')]);
		rig.start('history', 'sh', ['-c', 'exec jk-history -f h.db -R www/recent <history']);
		await startBus(rig, {
			packs: ['1:16', '2:16', '3:16', '4:8'],
			mqtt: ['-i', '1'],
			poll: ['-i', '1'],
			map: [
				'1 north "North wall"',
				'2 south "South wall"',
				'3 garage "Garage"',
				'4 boat "Boat"',
			],
			sim: ['--day', '2400', '--start', '10:00', '--alarm', '3:200@20-'],
			records: 'history',
		});
		const minutes = Number(process.env.PANEL_MINUTES || 4);
		await new Promise((resolve) => setTimeout(resolve, minutes * 60000));
		for (const [name, options] of [
			['panel-desktop', {viewport: {width: 1100, height: 760}, colorScheme: 'light'}],
			['panel-phone', {viewport: {width: 390, height: 760}, colorScheme: 'dark'}],
		]) {
			const page = await openPage(browser, `http://127.0.0.1:${rig.web}/`, options);
			await until(() => page.locator('.value:not([data-none])').count());
			await new Promise((resolve) => setTimeout(resolve, 5000));
			const file = `docs/${name}.png`;
			await page.screenshot({path: file});
			ok(`${file}: ${fs.statSync(file).size} bytes`, fs.statSync(file).size < 100000);
		}
	} finally {
		await rig.end();
	}
};
