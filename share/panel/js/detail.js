// The page of a pack or a bank.

function nameOf(key) {
	const cell = /^(connection_wire_resistance)_([0-9]+)$/.exec(key);
	if (cell) return t('Wire resistance of cell {0}', cell[2]);
	if (Object.hasOwn(NAMES, key)) return t(NAMES[key]);
	return key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');
}

// FIELDS is [unit, places] of a key of a record.
function numberText(key, value) {
	const [unit, places] = Object.hasOwn(FIELDS, key) ? FIELDS[key] : ['', null];
	if (/^(since|.*_at)$/.test(key)) return moment(value * 1000);
	if (places === null) return String(value);
	return unit === 's' ? duration(value) : quantity(value, places, unit);
}

// The unit stands once.
function listText(key, list) {
	const [unit, places] = Object.hasOwn(FIELDS, key) ? FIELDS[key] : ['', 0];
	return `${list.map((one) => number(one, places)).join(' ')} ${unitText(unit)}`;
}

function valueText(key, value) {
	if (value === null || value === undefined || value === '') return NOTHING;
	if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
	if (typeof value === 'number') return numberText(key, value);
	if (Array.isArray(value)) return listText(key, value);
	return typeof value === 'object' ? JSON.stringify(value) : t(String(value));
}

// Cells have a map of their own; numbers behind a text, and what is the same for all, are left out.
const NOT_LISTED =
	/^(time|last_update|channel|bms|pack|label|area|bank|type|cell_voltages|.*_bitmask|.*_id|.*_index|.*_ticks|feature_masks|shares|silent|weakest|cells|rtc_ticks)$/;

function listedKeys(record) {
	return Object.keys(record || {}).filter((key) => !NOT_LISTED.test(key) && record[key] !== null);
}

function makeList(device, what, title) {
	const list = el('dl', {class: 'facts all'}),
		node = titled(title, el('div', {class: 'tile'}, list));
	let values = [],
		drawn = '';
	return {
		node,
		update: (now) => {
			const record = device[what],
				fresh = stateOf(device, now) === 'online';
			const keys = listedKeys(record).filter(
				(key) => what === 'live' || !SETTINGS.some((row) => row.key === key),
			);
			const text = keys.join();
			if (text !== drawn) {
				drawn = text;
				values = keys.map((key) => ({key, node: el('dd', {'data-key': key})}));
				list.replaceChildren(
					...values.map((value) =>
						el(
							'div',
							{
								class: Array.isArray(record[value.key])
									? 'fact wide'
									: 'fact',
							},
							el('dt', null, nameOf(value.key)),
							value.node,
						),
					),
				);
			}
			for (const value of values)
				setText(
					value.node,
					fresh ? valueText(value.key, record[value.key]) : NOTHING,
				);
			setHidden(node, keys.length === 0);
		},
	};
}

function makeHead(device) {
	const flow = makeText('p', {class: 'flow'}, (now) =>
		stateOf(device, now) === 'online' && device.live
			? t(FLOW_WORDS[flowOf(device.live)] || '')
			: '',
	);
	const ring = makeRing(device),
		power = makeValue(device, powerText, {class: 'value power'});
	const facts = makeFacts(
		makeFact(
			'Voltage',
			makeValue(device, (live) => quantity(live.total_voltage, 2, 'V')),
		),
		makeFact(
			'Current',
			makeValue(device, (live) => signed(live.current, 1, 'A')),
		),
		makeFact(
			'Charge left',
			makeValue(device, (live) => quantity(live.capacity_remaining, 1, 'Ah')),
		),
		makeFact('Temperature', makeValue(device, temperatureText)),
		device.kind === 'pack'
			? makeFact(
					'Cycles',
					makeValue(device, (live) => number(live.charging_cycles, 0)),
				)
			: makeFact(
					'Energy left',
					makeValue(device, (live) => kilowattHours(live.stored_wh)),
				),
		device.kind === 'pack'
			? makeFact(
					'State of health',
					makeValue(device, (live) => quantity(live.state_of_health, 0, '%')),
				)
			: makeFact(
					'Packs received',
					makeValue(device, (live) => number(live.packs_heard, 0)),
				),
	);
	const energy = makeEnergy(device);
	const node = el(
		'section',
		{class: 'tile bank', 'aria-label': t('Now')},
		el(
			'div',
			{class: 'bank-parts'},
			el(
				'div',
				{class: 'bank-now'},
				ring.node,
				el(
					'div',
					null,
					flow.node,
					el(
						'p',
						{class: 'big'},
						el('span', {class: 'sr'}, t('Power')),
						power.node,
					),
				),
			),
			facts.node,
			energy.node,
		),
	);
	return {
		node,
		update: (now) => {
			const live = stateOf(device, now) === 'online' && device.live;
			setAttribute(node, 'data-flow', live ? flowOf(live) : null);
			updateAll([flow, ring, power, facts, energy], now);
		},
	};
}

function makeCellsPart(device) {
	const cells = makeCells(device, true);
	const words = makeText('p', {class: 'weak'}, (now) =>
		stateOf(device, now) === 'online' && device.live
			? cellsSentence(device, cellValues(device), weakCell(device))
			: t('No values'),
	);
	return group(titled('Cells', el('div', {class: 'tile'}, cells.node, words.node)), [cells, words]);
}

function detail(name, changed) {
	const device = store.devices.get(name);
	if (!device) {
		const waits = makeText('p', {class: 'tile nobody'}, () =>
			connection.complete
				? t('There is no pack of this name.')
				: t('Waiting for values…'),
		);
		return group(
			el('div', null, el('a', {class: 'back', href: '#/'}, t('All packs')), waits.node),
			[waits],
		);
	}
	const title = makeText('h1', {tabindex: '-1'}, () => titleOf(device));
	const state = makeState(device),
		health = makeHealth(device),
		chart = makeChart(device, changed);
	const alarms = makeAlarms(device),
		pieces = [title, state, makeHead(device), chart];
	const parts = [
		el('a', {class: 'back', href: '#/'}, t('All packs')),
		el('div', {class: 'title'}, title.node, state.node),
		pieces[2].node,
		titled('Alarms', el('div', {class: 'tile'}, alarms.node, health.node)),
		titled('History', chart.node),
	];
	const add = (piece) => {
		pieces.push(piece);
		parts.push(piece.node);
	};
	pieces.push(alarms, health);
	if (device.kind === 'pack') {
		add(makeCellsPart(device));
		const settings = makeSettings(device, changed);
		pieces.push(settings);
		parts.push(titled('Settings', settings.node));
	}
	add(makeList(device, 'live', 'All values'));
	add(makeList(device, 'balance', 'Balance'));
	add(makeList(device, 'about', 'Device'));
	return {
		...group(el('div', {class: 'detail'}, parts), pieces),
		get title() {
			return titleOf(device);
		},
		end: chart.end,
	};
}
