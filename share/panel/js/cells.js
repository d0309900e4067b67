// Cells as a heat map: the colour is the deviation from the mean of the pack.

const HEAT_LEAST = 0.01; // V: differences below are noise, and stay pale
const HEAT_STEPS = 5;

function cellValues(device) {
	const list =
		device.live && Array.isArray(device.live.cell_voltages) ? device.live.cell_voltages : [];
	return list.map((value) => (typeof value === 'number' ? value : null));
}

// -5 to 5; the scale is that of the pack, but at least HEAT_LEAST.
function heatSteps(values) {
	const known = values.filter((value) => value !== null);
	const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
	const most = Math.max(HEAT_LEAST, ...known.map((value) => Math.abs(value - mean)));
	return values.map((value) =>
		value === null ? null : Math.round((HEAT_STEPS * (value - mean)) / most),
	);
}

// The weakest cell of the day according to jk-bank, else the lowest now.  {cell, why} or null.
function weakCell(device) {
	const {balance, live} = device;
	if (balance && Number.isInteger(balance.weakest_cell)) {
		const by = balance.weakest_cell_deviation;
		return {
			cell: balance.weakest_cell,
			why:
				typeof by === 'number'
					? t(
							'Weakest cell {0}: {1}',
							balance.weakest_cell,
							signed(by, 1, 'mV'),
						)
					: t('Weakest cell {0}', balance.weakest_cell),
		};
	}
	if (live && Number.isInteger(live.min_voltage_cell))
		return {cell: live.min_voltage_cell, why: t('Lowest cell {0}', live.min_voltage_cell)};
	return null;
}

function cellsSentence(device, values, weak) {
	const live = device.live;
	const parts = [
		t('{0} cells', values.filter((value) => value !== null).length),
		`${t('Lowest')} ${quantity(live.min_cell_voltage, 3, 'V')}`,
		`${t('Highest')} ${quantity(live.max_cell_voltage, 3, 'V')}`,
	];
	if (weak) parts.push(weak.why);
	return parts.join(', ');
}

// large: with numbers and voltages; else a strip.
function makeCells(device, large) {
	const node = el('div', {class: large ? 'cells large' : 'cells', role: large ? 'list' : 'img'});
	let boxes = [];
	function build(count) {
		boxes = Array.from({length: count}, (_, n) => {
			const value = el('span', {class: 'cell-value'});
			const box = large
				? el(
						'div',
						{class: 'cell', role: 'listitem'},
						el('span', {class: 'cell-number'}, String(n + 1)),
						value,
					)
				: el('div', {class: 'cell'});
			return {box, value};
		});
		node.replaceChildren(...boxes.map(({box}) => box));
	}
	function update(now) {
		const fresh = stateOf(device, now) === 'online';
		const values = cellValues(device);
		if (values.length !== boxes.length) build(values.length);
		const steps = heatSteps(values),
			weak = fresh ? weakCell(device) : null;
		boxes.forEach(({box, value}, n) => {
			const absent = values[n] === null;
			setAttribute(box, 'data-heat', !fresh || absent ? null : steps[n]);
			setAttribute(box, 'data-absent', absent);
			setAttribute(box, 'data-weak', Boolean(weak && weak.cell === n + 1));
			setAttribute(box, 'title', weak && weak.cell === n + 1 ? weak.why : null);
			if (large) setText(value, fresh ? quantity(values[n], 3, '') : NOTHING);
		});
		setHidden(node, values.length === 0);
		const sentence = fresh ? cellsSentence(device, values, weak) : t('No values');
		setAttribute(node, 'aria-label', sentence);
	}
	return {node, update};
}
