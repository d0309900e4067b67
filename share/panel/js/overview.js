// The first page: banks, alarms, packs, links.

function makeBank(device) {
	const flow = makeText('p', {class: 'flow'}, (now) =>
		stateOf(device, now) === 'online' && device.live
			? t(FLOW_WORDS[flowOf(device.live)] || '')
			: '',
	);
	const power = makeValue(device, powerText, {class: 'value power'});
	const ring = makeRing(device),
		state = makeState(device),
		energy = makeEnergy(device);
	const facts = makeFacts(
		makeFact(
			'Energy left',
			makeValue(device, (live) => kilowattHours(live.stored_wh)),
		),
		makeFact(
			'Time to full',
			makeValue(device, (live) => duration(live.time_to_full)),
		),
		makeFact(
			'Time to empty',
			makeValue(device, (live) => duration(live.time_to_empty)),
		),
		makeFact(
			'Voltage',
			makeValue(device, (live) => quantity(live.total_voltage, 2, 'V')),
		),
		makeFact(
			'Current',
			makeValue(device, (live) => signed(live.current, 1, 'A')),
		),
		makeFact(
			'Packs received',
			makeValue(device, (live) =>
				t('{0} of {1}', number(live.packs_heard, 0), number(live.packs_known, 0)),
			),
		),
	);
	const node = el(
		'section',
		{class: 'tile bank', 'aria-label': titleOf(device)},
		el(
			'header',
			null,
			el('h2', null, el('a', {href: pageOf(device)}, titleOf(device))),
			state.node,
		),
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
			updateAll([flow, power, ring, state, facts, energy], now);
		},
	};
}

function temperatures(live) {
	const keys = [
		'temperature_sensor_1',
		'temperature_sensor_2',
		'temperature_sensor_3',
		'temperature_sensor_4',
		'temperature_sensor_5',
	];
	return keys.map((key) => live[key]).filter((value) => typeof value === 'number');
}

function temperatureText(live) {
	const known = temperatures(live);
	if (known.length === 0) return quantity(live.max_temperature, 1, '°C');
	const low = Math.min(...known),
		high = Math.max(...known);
	return low === high ? quantity(low, 1, '°C') : `${number(low, 1)} … ${quantity(high, 1, '°C')}`;
}

function makePack(device) {
	const title = makeText('a', {href: pageOf(device)}, () => titleOf(device));
	const alarms = el('span', {class: 'chip alarm-count'});
	const weak = makeText('p', {class: 'weak'}, (now) =>
		stateOf(device, now) === 'online' && weakCell(device) ? weakCell(device).why : '',
	);
	const pieces = [
		title,
		makeState(device),
		makeBar(device),
		makeValue(device, (live) => quantity(live.state_of_charge, 0, '%'), {class: 'value soc'}),
		makeValue(device, powerText, {class: 'value power'}),
		makeFacts(
			makeFact(
				'Voltage',
				makeValue(device, (live) => quantity(live.total_voltage, 2, 'V')),
			),
			makeFact(
				'Current',
				makeValue(device, (live) => signed(live.current, 1, 'A')),
			),
			makeFact(
				'Difference',
				makeValue(device, (live) =>
					quantity(
						typeof live.delta_cell_voltage === 'number'
							? live.delta_cell_voltage * 1000
							: null,
						0,
						'mV',
					),
				),
			),
			makeFact('Temperature', makeValue(device, temperatureText)),
		),
		makeCells(device, false),
		weak,
		makeHealth(device),
	];
	const [name, state, bar, soc, power, facts, cells, , health] = pieces.map((piece) => piece.node);
	const node = el(
		'article',
		{class: 'tile pack'},
		el('header', null, el('h3', null, name), alarms, state),
		el('div', {class: 'pack-now'}, soc, power),
		bar,
		facts,
		cells,
		weak.node,
		health,
	);
	return {
		node,
		update: (now) => {
			updateAll(pieces, now);
			const live = stateOf(device, now) === 'online' && device.live;
			setAttribute(node, 'data-flow', live ? flowOf(live) : null);
			setAttribute(node, 'data-state', stateOf(device, now));
			const active =
				connection.up &&
				device.seen &&
				device.alarms &&
				Array.isArray(device.alarms.alarms)
					? device.alarms.alarms.length
					: 0;
			setHidden(alarms, active === 0);
			setText(alarms, active === 1 ? t('1 alarm') : t('{0} alarms', active));
		},
	};
}

function makeLink(link) {
	const get = () => store.links.get(link.channel) || link;
	const device = () => store.devices.get('link_' + link.channel.replaceAll('.', '_'));
	const known = () => connection.up && bridgeIsUp() && get().seen;
	const state = el('span', {class: 'chip health'});
	const score = makeText('span', {class: 'value'}, () => {
		const rated = device() && device().score;
		return known() && rated ? number(rated.score, 0) : NOTHING;
	});
	const mode = makeText('td', null, () => (known() && get().mode ? t(String(get().mode)) : NOTHING));
	const why = makeText('td', {class: 'reason'}, () => (known() ? String(get().reason || '') : ''));
	const node = el(
		'tr',
		null,
		el('th', {scope: 'row'}, link.channel),
		el('td', null, state),
		el('td', null, score.node),
		mode.node,
		why.node,
	);
	return {
		node,
		update: (now) => {
			const word = known()
				? String(get().state || (get().open ? 'open' : 'closed'))
				: 'unknown';
			setText(state, t(word));
			setAttribute(state, 'data-health', word);
			updateAll([score, mode, why], now);
		},
	};
}

function makeLinks(links) {
	const head = ['Link', 'Health', 'Score', 'Mode', 'Reason'].map((name) =>
		el('th', {scope: 'col'}, t(name)),
	);
	return el(
		'table',
		{class: 'links'},
		el('thead', null, el('tr', null, head)),
		el(
			'tbody',
			null,
			links.map((link) => link.node),
		),
	);
}

function titled(title, node, attributes) {
	return el('section', attributes, el('h2', null, t(title)), node);
}

function overview(changed) {
	const banks = devicesOf('bank').map(makeBank),
		packs = devicesOf('pack').map(makePack);
	const links = [...store.links.values()].map(makeLink);
	const alarms = makeAlarms(null);
	const nobody = makeText('p', {class: 'tile nobody'}, () =>
		connection.complete ? t('No pack has been published yet.') : t('Waiting for values…'),
	);
	const node = el(
		'div',
		{class: 'overview'},
		el('h1', {class: 'sr'}, t('Battery')),
		banks.map((bank) => bank.node),
		titled('Alarms', el('div', {class: 'tile'}, alarms.node)),
		packs.length
			? titled(
					'Packs',
					el(
						'div',
						{class: 'packs'},
						packs.map((pack) => pack.node),
					),
				)
			: nobody.node,
		links.length
			? titled(
					'Links',
					el(
						'div',
						{
							class: 'tile scroll',
							tabindex: '0',
							role: 'region',
							'aria-label': t('Links'),
						},
						makeLinks(links),
					),
				)
			: null,
	);
	const pieces = [...banks, ...packs, ...links, alarms, nobody];
	return {
		node,
		title: '',
		update: (now) => {
			updateAll(pieces, now);
			devicesOf('bank').forEach((bank) => fetchRecent(bank, changed));
		},
	};
}
