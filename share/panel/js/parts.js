// Pieces that several pages show.  A piece is {node, update(now)}.

// One that fails, by what nobody has thought of, does not stop the others.
function updateAll(pieces, now) {
	for (const piece of pieces)
		try {
			piece.update(now);
		} catch (error) {
			if (!piece.failed) console.error(error);
			piece.failed = true;
		}
}

function group(node, pieces) {
	return {node, update: (now) => updateAll(pieces, now)};
}

// A value of a device: nothing while it is not fresh.
function makeValue(device, text, attributes) {
	const node = el('span', {class: 'value', ...attributes});
	return {
		node,
		update: (now) => {
			const fresh = stateOf(device, now) === 'online' && device.live;
			setText(node, fresh ? text(device.live, device) : NOTHING);
			setAttribute(node, 'data-none', !fresh);
		},
	};
}

function makeText(tag, attributes, text) {
	const node = el(tag, attributes);
	return {node, update: (now) => setText(node, text(now))};
}

// A word above, a value below.
function makeFact(name, value) {
	return group(el('div', {class: 'fact'}, el('dt', null, t(name)), el('dd', null, value.node)), [
		value,
	]);
}

function makeFacts(...facts) {
	return group(
		el(
			'dl',
			{class: 'facts'},
			facts.map((fact) => fact.node),
		),
		facts,
	);
}

const STATE_WORDS = {online: 'online', stale: 'No news', offline: 'offline', unknown: 'unknown'};

function stateSentence(device, now) {
	const state = stateOf(device, now);
	if (state === 'online' || !device.heardMs) return t(STATE_WORDS[state]);
	return t('{0}, last heard {1}', t(STATE_WORDS[state]), moment(device.heardMs));
}

function makeState(device) {
	const node = el('span', {class: 'chip state'});
	return {
		node,
		update: (now) => {
			setText(node, stateSentence(device, now));
			setAttribute(node, 'data-state', stateOf(device, now));
		},
	};
}

// Health in words and the score, with the reason.
function makeHealth(device) {
	const chip = el('span', {class: 'chip health'}),
		reason = el('span', {class: 'reason'});
	const node = el('p', {class: 'health-line'}, chip, ' ', reason);
	return {
		node,
		update: (now) => {
			const {score, health} = device;
			const known = connection.up && device.seen && bridgeIsUp() && (score || health);
			const word = known ? String((score && score.health) || health.state) : 'unknown';
			const points =
				known && score && Number.isFinite(score.score)
					? ' ' + number(score.score, 0)
					: '';
			setText(chip, `${t('Link')}: ${t(word)}${points}`);
			setAttribute(chip, 'data-health', word);
			setText(
				reason,
				known && word !== 'healthy'
					? String((score && score.reason) || health.reason || '')
					: '',
			);
			void now;
		},
	};
}

const ALL_AROUND = 2 * Math.PI * 52;

// The state of charge as a ring.
function makeRing(device) {
	const arc = svg('circle', {
		class: 'ring-arc',
		cx: 60,
		cy: 60,
		r: 52,
		'stroke-dasharray': `0 ${ALL_AROUND}`,
	});
	const value = makeValue(device, (live) => number(live.state_of_charge, 0), {class: 'ring-value'});
	const node = el(
		'div',
		{class: 'ring'},
		svg(
			'svg',
			{viewBox: '0 0 120 120', 'aria-hidden': 'true'},
			svg('circle', {class: 'ring-track', cx: 60, cy: 60, r: 52}),
			arc,
		),
		el(
			'div',
			{class: 'ring-text'},
			el('span', {class: 'sr'}, t('State of charge')),
			value.node,
			el('span', {class: 'ring-unit'}, '%'),
		),
	);
	return {
		node,
		update: (now) => {
			value.update(now);
			const soc =
				stateOf(device, now) === 'online' && device.live
					? device.live.state_of_charge
					: null;
			const share = typeof soc === 'number' ? Math.min(Math.max(soc, 0), 100) / 100 : 0;
			setAttribute(
				arc,
				'stroke-dasharray',
				`${(share * ALL_AROUND).toFixed(1)} ${ALL_AROUND.toFixed(1)}`,
			);
			setAttribute(
				node,
				'data-level',
				soc === null ? null : soc < 15 ? 'low' : soc < 30 ? 'middle' : 'good',
			);
		},
	};
}

function makeBar(device) {
	const fillNode = svg('rect', {class: 'bar-fill', height: 8, rx: 4, width: 0});
	const node = svg(
		'svg',
		{class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
		svg('rect', {class: 'bar-track', width: 100, height: 8, rx: 4}),
		fillNode,
	);
	return {
		node,
		update: (now) => {
			const soc =
				stateOf(device, now) === 'online' && device.live
					? device.live.state_of_charge
					: null;
			setAttribute(
				fillNode,
				'width',
				typeof soc === 'number' ? Math.min(Math.max(soc, 0), 100) : 0,
			);
			setAttribute(
				node,
				'data-level',
				soc === null ? null : soc < 15 ? 'low' : soc < 30 ? 'middle' : 'good',
			);
		},
	};
}

// Less than so much is called idle: noise of the current sensor.
const IDLE_W = 5;

function flowOf(live) {
	if (typeof live.power !== 'number') return null;
	return live.power > IDLE_W ? 'charging' : live.power < -IDLE_W ? 'discharging' : 'idle';
}

const FLOW_WORDS = {charging: 'Charging', discharging: 'Discharging', idle: 'Idle'};

function powerText(live) {
	const {power} = live;
	return Math.abs(power) >= 10000 ? signed(power / 1000, 2, 'kW') : signed(power, 0, 'W');
}

// ---- energy ----

const DAY_MS = 86400000;

function localDay(ms) {
	const date = new Date(ms);
	const two = (n) => String(n).padStart(2, '0');
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// The last seven days, today as it is now: [{ms, charged, discharged}], in Wh; null: not known.
function weekOf(device, now) {
	const days = new Map(recentRows(device, 'days').map(([day, ...wh]) => [day, wh]));
	if (device.energy)
		days.set(localDay(now), [
			device.energy.charged_wh_today,
			device.energy.discharged_wh_today,
		]);
	const noon = new Date(now).setHours(12, 0, 0, 0);
	return Array.from({length: 7}, (_, n) => {
		const ms = noon - (6 - n) * DAY_MS;
		const wh = days.get(localDay(ms)) || [];
		const [charged, discharged] = [wh[0], wh[1]].map((one) =>
			typeof one === 'number' ? one : null,
		);
		return {ms, charged, discharged};
	});
}

function kilowattHours(wh) {
	return typeof wh === 'number' ? quantity(wh / 1000, 2, 'kWh') : NOTHING;
}

function weekSum(week, key) {
	const known = week.map((day) => day[key]).filter((wh) => typeof wh === 'number');
	return known.length ? known.reduce((sum, wh) => sum + wh, 0) : null;
}

function makeEnergy(device) {
	const cell = (text) => makeText('td', null, text);
	const energy = (key) => (device.energy && connection.up && device.seen ? device.energy[key] : null);
	const week = (key) => (connection.up ? weekSum(weekOf(device, Date.now()), key) : null);
	const texts = ['charged', 'discharged'].map((key) => [
		cell(() => kilowattHours(energy(key + '_wh_today'))),
		cell(() => kilowattHours(week(key))),
	]);
	const row = (name, flow, cells) =>
		el(
			'tr',
			{'data-flow': flow},
			el('th', {scope: 'row'}, t(name)),
			cells.map((one) => one.node),
		);
	const table = el(
		'table',
		{class: 'energy'},
		el(
			'thead',
			null,
			el(
				'tr',
				null,
				el('td', null),
				el('th', {scope: 'col'}, t('Today')),
				el('th', {scope: 'col'}, t('7 days')),
			),
		),
		el(
			'tbody',
			null,
			row('Charged', 'charging', texts[0]),
			row('Discharged', 'discharging', texts[1]),
		),
	);
	const bars = makeWeek(device);
	return group(el('div', {class: 'energy-part'}, table, bars.node), [...texts.flat(), bars]);
}

// Two bars a day.
function makeWeek(device) {
	const node = svg('svg', {class: 'week', viewBox: '0 0 140 64', 'aria-hidden': 'true'});
	let drawn = '';
	return {
		node,
		update: (now) => {
			const week = weekOf(device, now);
			const most = Math.max(
				1,
				...week.flatMap((day) => [day.charged || 0, day.discharged || 0]),
			);
			const text = JSON.stringify([week, texts.locale]);
			if (text === drawn) return;
			drawn = text;
			const bar = (x, wh, flow) => {
				const height = Math.max(wh === null ? 0 : 1, (48 * (wh || 0)) / most);
				return svg('rect', {
					x,
					y: 50 - height,
					width: 6,
					height,
					rx: 1.5,
					'data-flow': flow,
				});
			};
			node.replaceChildren(
				...week.flatMap((day, n) => [
					bar(n * 20 + 3.5, day.charged, 'charging'),
					bar(n * 20 + 10.5, day.discharged, 'discharging'),
					svg(
						'text',
						{x: n * 20 + 10, y: 62, 'text-anchor': 'middle'},
						weekday(day.ms).slice(0, 2),
					),
				]),
			);
		},
	};
}

// ---- alarms ----

// The text of an alarm of the BMS, or of a rule; of a rule that was raised before, the name of its key.
function alarmText(device, alarm) {
	const key = String(alarm.key);
	if (device.alarmTexts.has(key)) return t(device.alarmTexts.get(key));
	return Object.hasOwn(ALARMS, key) ? t(ALARMS[key]) : nameOf(key);
}

function makeAlarms(filter) {
	const list = el('ul', {class: 'alarms', 'aria-live': 'polite'});
	let drawn = null;
	return {
		node: list,
		update: () => {
			const known = connection.up && bridgeIsUp() && connection.complete;
			const active = known
				? activeAlarms().filter(({device}) => !filter || device === filter)
				: [];
			const text = JSON.stringify([
				known,
				texts.locale,
				active.map(({device, alarm}) => [titleOf(device), alarm]),
			]);
			if (text === drawn) return;
			drawn = text;
			if (active.length === 0)
				list.replaceChildren(
					el(
						'li',
						{class: 'none'},
						known ? t('No alarm') : t('Alarms are unknown'),
					),
				);
			else list.replaceChildren(...active.map((one) => alarmLine(one, !filter)));
		},
	};
}

function alarmLine({device, alarm}, named) {
	const severity = String(alarm.severity);
	return el(
		'li',
		{'data-severity': severity},
		el('span', {class: 'severity'}, t(severity)),
		el('span', {class: 'alarm-text'}, alarmText(device, alarm)),
		named ? el('a', {href: pageOf(device)}, titleOf(device)) : null,
		el(
			'span',
			{class: 'since'},
			typeof alarm.since === 'number' ? t('since {0}', moment(alarm.since * 1000)) : '',
		),
	);
}

function pageOf(device) {
	return '#/' + encodeURIComponent(device.name);
}
