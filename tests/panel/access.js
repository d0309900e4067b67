// Who may: the ACL file that is shipped, with a reader and an owner.
'use strict';
const fs = require('fs');
const {execFileSync} = require('child_process');
const {ok, equals, until, Rig, startBroker, startBus, retained, openPage} = require('./rig.js');

async function logIn(page, user, password) {
	await page.locator('#user').fill(user);
	await page.locator('#password').fill(password);
	await page.locator('form.login button').click();
}

async function change(page, text) {
	const form = page.locator('form.setting[data-key=balance_trigger_voltage]');
	await until(() => form.count());
	await page.evaluate(() =>
		document.querySelectorAll('details').forEach((one) => {
			one.open = true;
		}),
	);
	await form.locator('input').fill(text);
	await form.locator('button').click();
	return form.locator('.result');
}

module.exports = async function access(browser) {
	const rig = new Rig();
	try {
		fs.writeFileSync(rig.file('passwords'), 'bridge:b\nreader:r\nowner:o\n');
		execFileSync('mosquitto_passwd', ['-U', rig.file('passwords')]);
		fs.copyFileSync('share/panel/mosquitto.acl', rig.file('acl'));
		const lines = ['allow_anonymous false', 'password_file passwords', 'acl_file acl'];
		await startBroker(rig, lines);
		fs.writeFileSync(rig.file('secret'), 'b\n', {mode: 0o600});
		await startBus(rig, {
			packs: ['1:16'],
			map: ['1 north'],
			mqtt: ['-i', '1', '-u', 'bridge', '-P', 'secret'],
		});
		const look = ['-u', 'reader', '-P', 'r'];
		await until(() => /balance_trigger/.test(retained(rig, 'jk/north/settings', look)));
		const value = () =>
			JSON.parse(retained(rig, 'jk/north/settings', look)).balance_trigger_voltage;

		const page = await openPage(browser, `http://127.0.0.1:${rig.web}/#/north`);
		ok(
			'the broker wants a user: the page asks for one',
			await until(() => page.locator('form.login').count()),
		);
		ok('it shows no values', !/\d\sV/.test(await page.locator('body').textContent()));
		await logIn(page, 'reader', 'wrong');
		ok(
			'a wrong password is reported',
			await until(() =>
				page.locator('[role=alert]', {hasText: 'does not accept'}).count(),
			),
		);
		await logIn(page, 'reader', 'r');
		ok(
			'a reader sees values',
			await until(() => page.locator('.value:not([data-none])').count()),
		);
		ok('and the results of settings', (await page.locator('form.setting').count()) > 30);
		let result = await change(page, '0.009');
		ok(
			'but changes none',
			await until(async () => /This user may only look/.test(await result.textContent())),
			await result.textContent(),
		);
		equals('the BMS keeps its value', value(), 0.005);
		const kept = await page.evaluate(() => [
			JSON.stringify(localStorage),
			document.cookie,
			JSON.stringify(sessionStorage),
		]);
		ok(
			'the password is kept for the tab only',
			!/"r"|reader/.test(kept[0] + kept[1]) && /reader/.test(kept[2]),
			kept.join(' '),
		);
		await page.reload();
		ok(
			'the tab needs no password again',
			await until(() => page.locator('.value:not([data-none])').count()),
		);
		await page.locator('button', {hasText: 'Log out'}).click();
		ok('after logging out it does', await until(() => page.locator('form.login').count()));
		await logIn(page, 'owner', 'o');
		await until(() => page.locator('.value:not([data-none])').count());
		result = await change(page, '0.009');
		ok(
			'an owner changes it',
			await until(async () => /confirmed/.test(await result.textContent()), 40),
			await result.textContent(),
		);
		ok('the BMS has it', await until(() => value() === 0.009));

		const publish = (user, password, topic) =>
			execFileSync('mosquitto_pub', [
				'-h',
				'127.0.0.1',
				'-p',
				String(rig.port),
				'-u',
				user,
				'-P',
				password,
				'-t',
				topic,
				'-m',
				'x',
				'-r',
			]);
		publish('reader', 'r', 'jk/north/forged');
		publish('owner', 'o', 'jk/north/forged');
		publish('owner', 'o', 'jk/north/set/forged');
		publish('bridge', 'b', 'jk/north/fresh');
		equals(
			'neither writes other topics, and a reader no setting',
			execFileSync('sh', [
				'-c',
				`mosquitto_sub -h 127.0.0.1 -p ${rig.port} -u reader -P r -t 'jk/north/+' \\
				-t 'jk/north/set/#' -W 2 -v |
			grep -oE 'forged|fresh' | sort | tr '\\n' ' '; true`,
			]).toString(),
			'forged fresh ',
		);
		const pages = page.wrong.filter((text) => !/401|403/.test(text));
		equals('nothing went wrong in the page', pages.join('\n'), '');
	} finally {
		await rig.end();
	}
};
