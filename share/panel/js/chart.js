// The chart of a device: what is drawn, over which span.

const CHARTS = [
	{name: 'Power', keys: ['power'], unit: 'W', places: 0, zero: true},
	{name: 'State of charge', keys: ['state_of_charge'], unit: '%', places: 0, range: [0, 100]},
	{name: 'Voltage', keys: ['total_voltage'], unit: 'V', places: 2},
	{name: 'Current', keys: ['current'], unit: 'A', places: 1, zero: true},
	{name: 'Cells', keys: ['max_cell_voltage', 'min_cell_voltage'], unit: 'V', places: 3, packs: true},
	{
		name: 'Temperature',
		keys: ['temperature_sensor_1', 'mosfet_temperature'],
		unit: '°C',
		places: 1,
		packs: true,
	},
];
const SPANS = [
	['1 hour', 3600],
	['1 day', 86400],
	['4 days', 4 * 86400],
];
const CHART_MS = 2000;

function css(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function uplotOptions(chart, width, span) {
	const axis = {
		stroke: css('--muted'),
		grid: {stroke: css('--line'), width: 1},
		ticks: {show: false},
		font: '12px system-ui, sans-serif',
	};
	const colours = [css('--accent'), css('--cool')];
	const time = new Intl.DateTimeFormat(
		texts.locale,
		span > 86400 ? {weekday: 'short', hour: '2-digit'} : {hour: '2-digit', minute: '2-digit'},
	);
	return {
		width,
		height: 240,
		padding: [12, 12, 0, 0],
		cursor: {y: false},
		legend: {live: true},
		scales: {x: {time: true}, y: chart.range ? {range: chart.range} : {range: yRange(chart)}},
		axes: [
			{...axis, values: (_, ticks) => ticks.map((at) => time.format(at * 1000))},
			{
				...axis,
				size: 64,
				values: (_, ticks) =>
					ticks.map((value) => number(value, decimals(ticks, chart.places))),
			},
		],
		series: [
			{label: t('Time'), value: (_, at) => (at === null ? NOTHING : moment(at * 1000))},
			...chart.keys.map((key, n) => ({
				label: nameOf(key),
				stroke: colours[n],
				width: 2,
				points: {show: false},
				fill: chart.zero ? css('--accent-soft') : undefined,
				value: (_, value) => quantity(value, chart.places, chart.unit),
			})),
		],
	};
}

function decimals(ticks, places) {
	const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;
	return Math.min(places, step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9));
}

// With some room, so that noise does not fill the chart.
function yRange(chart) {
	const least = {W: 50, A: 1, V: chart.places === 3 ? 0.01 : 0.2, '°C': 2}[chart.unit] || 1;
	return (_, low, high) => {
		if (low === null || high === null) return [0, 1];
		const bottom = chart.zero ? Math.min(low, 0) : low,
			top = chart.zero ? Math.max(high, 0) : high;
		const room = Math.max((top - bottom) * 0.08, (least - (top - bottom)) / 2);
		return [
			chart.zero && bottom === 0 ? 0 : bottom - room,
			chart.zero && top === 0 ? 0 : top + room,
		];
	};
}

// In words, for those who do not see it.
function chartSentence(chart, data) {
	const known = data[1].filter((value) => value !== null);
	if (known.length === 0) return t('Nothing is known of this time yet.');
	const low = known.reduce((a, b) => Math.min(a, b)),
		high = known.reduce((a, b) => Math.max(a, b));
	return (
		`${t(chart.name)}: ${t('Lowest')} ${quantity(low, chart.places, chart.unit)}, ` +
		`${t('Highest')} ${quantity(high, chart.places, chart.unit)}`
	);
}

function makeChoice(name, choices, chosen, choose) {
	const buttons = choices.map((text, n) =>
		el(
			'button',
			{
				type: 'button',
				'aria-pressed': String(n === chosen),
				on: {
					click: () => {
						buttons.forEach((button, k) =>
							setAttribute(
								button,
								'aria-pressed',
								String(k === n),
							),
						);
						choose(n);
					},
				},
			},
			t(text),
		),
	);
	return el('div', {class: 'choice', role: 'group', 'aria-label': t(name)}, buttons);
}

function makeChart(device, changed) {
	const charts = CHARTS.filter((chart) => device.kind === 'pack' || !chart.packs);
	let chart = charts[0],
		span = SPANS[0][1],
		plot = null,
		drawnMs = 0,
		width = 0;
	const box = el('div', {class: 'plot', role: 'img'}),
		sentence = el('p', {class: 'reason'});
	function redo() {
		if (plot) plot.destroy();
		plot = null;
		drawnMs = 0;
		changed();
	}
	const node = el(
		'section',
		{class: 'tile chart'},
		el(
			'div',
			{class: 'choices'},
			makeChoice(
				'Value',
				charts.map((one) => one.name),
				0,
				(n) => {
					chart = charts[n];
					redo();
				},
			),
			makeChoice(
				'Span',
				SPANS.map(([name]) => name),
				0,
				(n) => {
					span = SPANS[n][1];
					redo();
				},
			),
		),
		box,
		sentence,
	);
	function update(now) {
		fetchRecent(device, () => {
			drawnMs = 0;
			changed();
		});
		if (now - drawnMs < CHART_MS || !node.isConnected) return;
		drawnMs = now;
		const to = now / 1000,
			data = series(device, chart.keys, to - span);
		if (plot && width !== box.clientWidth) {
			width = box.clientWidth;
			plot.setSize({width, height: 240});
		}
		if (!plot) {
			width = box.clientWidth;
			plot = new uPlot(uplotOptions(chart, width, span), data, box);
		} else {
			plot.setData(data, false);
		}
		plot.setScale('x', {min: to - span, max: to});
		const words = chartSentence(chart, data);
		setText(sentence, words);
		setAttribute(box, 'aria-label', words);
	}
	return {node, update, end: () => plot && plot.destroy()};
}
