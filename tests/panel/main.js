// The parts of the test, each a file in this folder: all of them, or those that are named.
'use strict';
const {startBrowser, finish, note, ok} = require('./rig.js');

const PARTS = ['values', 'outages', 'settings', 'access', 'hostile', 'ingress'];
if (process.env.PANEL_LONG) PARTS.push('long');

async function main() {
	const browser = await startBrowser();
	const wanted = process.argv.length > 2 ? process.argv.slice(2) : PARTS;
	for (const name of wanted) {
		note(name);
		try {
			await require(`./${name}.js`)(browser);
		} catch (error) {
			ok(`${name} runs to its end`, false, error.stack);
		}
	}
	await browser.close();
	finish();
}

main();
