// The settings of a pack: each with its bounds, and what became of a change.

// The rows of settings.tsv and about.tsv that can be written.
const SETTINGS = SETTING_ROWS.map(
	([key, frame, kind, unit, places, min, max, step, dangerous, danger, texts]) => ({
		key,
		frame,
		kind,
		unit,
		places,
		min,
		max,
		step,
		dangerous: Boolean(dangerous),
		danger,
		texts: texts ? ENUMS[texts] : null,
	}),
).flatMap((row) =>
	/_1$/.test(row.key)
		? Array.from({length: 32}, (_, n) => ({...row, key: row.key.replace(/1$/, n + 1)}))
		: row,
);

function settingsOf(device) {
	const cells = cellValues(device).length;
	const fitted = (row) =>
		!/^connection_wire/.test(row.key) || Number(/[0-9]+$/.exec(row.key)[0]) <= cells;
	return SETTINGS.filter((row) => settingValue(device, row) !== undefined && fitted(row));
}

function settingValue(device, row) {
	const value = device[row.frame] ? device[row.frame][row.key] : undefined;
	return value === null ? undefined : value;
}

// Whether anybody can be asked: jk-write is there, and the bus is not only listened to.
function whyNotSettable(device, now) {
	if (stateOf(device, now) !== 'online') return 'Settings can be changed while the pack is online.';
	if (!store.bridge || store.bridge.commands !== true)
		return 'The bridge takes no commands: settings can only be read.';
	const link = device.settings && store.links.get(String(device.settings.channel));
	if (link && link.mode === 'listen' && link.mode_reason === 'passive')
		return 'This bus is only listened to: settings can only be read.';
	return null;
}

function settingText(row, value) {
	if (value === undefined) return NOTHING;
	if (row.kind === 'switch') return t(value === true || value === 1 ? 'on' : 'off');
	if (row.kind === 'choice')
		return Object.hasOwn(row.texts, String(Number(value)))
			? t(row.texts[Number(value)])
			: String(value);
	return typeof value === 'number' ? quantity(value, row.places, row.unit) : String(value);
}

function boundsText(row) {
	if (row.kind !== 'number') return '';
	return `${number(row.min, row.places)} … ${quantity(row.max, row.places, row.unit)}`;
}

const RESULT_WORDS = {
	rejected: 'Rejected',
	refused: 'The BMS refused it',
	mismatch: 'The BMS did not keep it',
	timeout: 'No answer: look at the value',
	busy: 'Too many commands wait',
	'listening-only': 'The bus is only listened to',
	unknown: 'Result unknown',
	'not allowed': 'This user may only look',
	'no connection': 'No connection: it was not sent',
};

function resultText(row, command) {
	const value = settingText(row, plainValue(row, command.value));
	if (command.state === 'asked') return t('{0} requested', value);
	if (command.state === 'pending')
		return command.mine
			? t('{0} pending', value)
			: t('{0} pending, asked by somebody else', value);
	if (command.state === 'confirmed') return t('{0} confirmed at {1}', value, clock(command.atMs));
	const word = t(RESULT_WORDS[command.result] || command.result);
	return `${value}: ${word}${command.why ? ': ' + command.why : ''}`;
}

// What stands in a command, as a value of the record.
function plainValue(row, text) {
	if (row.kind === 'switch') return /^(on|true|1)$/i.test(text);
	const same = (n) => row.texts[n].replaceAll(' ', '_') === text.replaceAll(' ', '_');
	const choice = Object.keys(row.texts || {}).find(same);
	if (choice !== undefined) return Number(choice);
	return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

// ---- the question before what is dangerous ----

function askAgain(row, device, value, yes) {
	const close = () => {
		dialog.close();
		dialog.remove();
	};
	const dialog = el(
		'dialog',
		{
			class: 'ask',
			'aria-labelledby': 'ask-title',
			'aria-describedby': 'ask-why',
			on: {cancel: () => dialog.remove()},
		},
		el('h2', {id: 'ask-title'}, t('Change {0} of {1}?', nameOf(row.key), titleOf(device))),
		el(
			'p',
			null,
			t(
				'From {0} to {1}.',
				settingText(row, settingValue(device, row)),
				settingText(row, value),
			),
		),
		el(
			'p',
			{id: 'ask-why', class: 'danger'},
			(row.dangerous ? t('Dangerous') + ': ' : '') +
				t(row.danger || 'a wrong value may cut the connection or damage the pack'),
		),
		el(
			'div',
			{class: 'buttons'},
			el('button', {type: 'button', on: {click: close}}, t('Cancel')),
			el(
				'button',
				{
					type: 'button',
					class: 'risky',
					on: {
						click: () => {
							close();
							yes();
						},
					},
				},
				t('Change it'),
			),
		),
	);
	document.body.append(dialog);
	dialog.showModal();
}

function sendSetting(device, row, value, changed) {
	const text = row.kind === 'switch' ? (value ? 'on' : 'off') : String(value);
	device.commands.set(row.key, {state: 'asked', value: text, mine: true, atMs: Date.now()});
	publishSetting(device, row.key, text, (wrong) => {
		const command = device.commands.get(row.key);
		if (wrong && command)
			Object.assign(command, {
				state: 'refused',
				result: wrong,
				why: '',
				atMs: Date.now(),
			});
		changed();
	});
	changed();
}

// ---- the controls ----

function makeInput(row, id) {
	if (row.kind === 'number')
		return el('input', {
			id,
			type: 'number',
			inputmode: 'decimal',
			min: row.min,
			max: row.max,
			step: row.step,
			required: true,
		});
	const choices = row.kind === 'switch' ? {1: 'on', 0: 'off'} : row.texts;
	return el(
		'select',
		{id},
		Object.keys(choices).map((n) => el('option', {value: n}, t(choices[n]))),
	);
}

function shownInInput(row, value) {
	if (row.kind !== 'number') return String(Number(value));
	return typeof value === 'number' ? value.toFixed(row.places) : '';
}

// The value in an input, or why it is none.
function inputValue(row, input) {
	if (row.kind !== 'number')
		return {value: row.kind === 'switch' ? input.value === '1' : Number(input.value)};
	const value = Number(input.value);
	if (input.value === '' || !Number.isFinite(value) || value < row.min || value > row.max)
		return {wrong: t('Expected {0}', boundsText(row))};
	return {value: Number(value.toFixed(row.places))};
}

function makeSetting(device, row, changed) {
	const id = 'setting-' + row.key;
	const input = makeInput(row, id),
		button = el('button', {type: 'submit'}, t('Set'));
	const now = el('span', {class: 'value'}),
		result = el('p', {class: 'result', role: 'status', id: id + '-result'});
	let edited = false,
		wrong = '';
	input.setAttribute('aria-describedby', id + '-result');
	input.addEventListener('input', () => {
		edited = true;
		wrong = '';
		changed();
	});
	function submit(event) {
		event.preventDefault();
		const read = inputValue(row, input);
		wrong = read.wrong || '';
		if (wrong || !edited) return changed();
		const send = () => {
			edited = false;
			sendSetting(device, row, read.value, changed);
		};
		return row.dangerous || row.danger ? askAgain(row, device, read.value, send) : send();
	}
	const node = el(
		'form',
		{class: 'setting', 'data-key': row.key, novalidate: true, on: {submit}},
		el(
			'label',
			{for: id},
			nameOf(row.key),
			row.dangerous ? el('span', {class: 'chip risky'}, t('Dangerous')) : null,
		),
		el('span', {class: 'setting-now'}, now, el('span', {class: 'bounds'}, boundsText(row))),
		el('span', {class: 'setting-input'}, input, button),
		result,
	);
	return {
		node,
		update: (ms) => {
			const value = settingValue(device, row),
				fresh = stateOf(device, ms) === 'online';
			const command = device.commands.get(row.key);
			const closed = whyNotSettable(device, ms) !== null;
			const waits = command && (command.state === 'asked' || command.state === 'pending');
			setText(now, fresh ? settingText(row, value) : NOTHING);
			if (
				!edited &&
				document.activeElement !== input &&
				input.value !== shownInInput(row, value)
			)
				input.value = shownInInput(row, value);
			input.disabled = closed;
			button.disabled = closed || Boolean(waits) || !edited;
			setText(result, wrong || (command ? resultText(row, command) : ''));
			setAttribute(
				result,
				'data-result',
				wrong ? 'refused' : command ? command.state : null,
			);
		},
	};
}

// Many rows: in groups that open.
const GROUPS = [
	['Switches', (row) => row.kind !== 'number'],
	['Wire resistances', (row) => row.key.startsWith('connection_wire')],
	['Voltages', (row) => row.unit === 'V'],
	['Currents', (row) => row.unit === 'A' || row.unit === 'Ah'],
	['Temperatures', (row) => row.unit === '°C'],
	['Others', () => true],
];

function inGroups(rows) {
	const groups = GROUPS.map(([name]) => ({name, rows: []}));
	for (const row of rows) groups[GROUPS.findIndex(([, has]) => has(row))].rows.push(row);
	return groups.filter((one) => one.rows.length > 0);
}

function makeSettings(device, changed) {
	const why = el('p', {class: 'reason'}),
		list = el('div', {class: 'setting-groups'});
	const node = el('section', {class: 'tile'}, why, list);
	let rows = [],
		drawn = '';
	function build(wanted) {
		rows = [];
		list.replaceChildren(
			...inGroups(wanted).map((one) => {
				const made = one.rows.map((row) => makeSetting(device, row, changed));
				rows.push(...made);
				return el(
					'details',
					null,
					el(
						'summary',
						null,
						t(one.name),
						el('span', {class: 'count'}, String(made.length)),
					),
					el(
						'div',
						{class: 'settings'},
						made.map((row) => row.node),
					),
				);
			}),
		);
	}
	return {
		node,
		update: (now) => {
			const wanted = settingsOf(device);
			const text = wanted.map((row) => row.key).join();
			if (text !== drawn) {
				drawn = text;
				build(wanted);
			}
			const closed = whyNotSettable(device, now);
			setText(
				why,
				wanted.length === 0
					? t('No settings have been read yet.')
					: closed
						? t(closed)
						: '',
			);
			setHidden(why, why.textContent === '');
			updateAll(rows, now);
		},
	};
}
