// The frame of the page, which view it shows, and when it is drawn.

const DRAW_MS = 500,
	TICK_MS = 1000;

const page = {view: null, shown: '', timer: 0, drawnMs: 0};

function wantedView() {
	if (connection.refused) return {name: 'login', make: () => login(changed)};
	const hash = /^#\/([^/]+)$/.exec(location.hash);
	let device = null;
	try {
		device = hash && decodeURIComponent(hash[1]);
	} catch {
		// Not a name: the overview.
	}
	// A device that appears, or one that goes, makes another page.
	return device
		? {
				name: `detail ${device} ${store.devices.has(device)}`,
				make: () => detail(device, changed),
			}
		: {name: 'overview ' + store.version, make: () => overview(changed)};
}

function show(wanted) {
	const moved =
		page.shown.split(' ').slice(0, 2).join() !== wanted.name.split(' ').slice(0, 2).join();
	if (page.view && page.view.end) page.view.end();
	page.shown = wanted.name;
	page.view = wanted.make();
	frame.main.replaceChildren(page.view.node);
	page.view.update(Date.now());
	if (page.view.begin) page.view.begin();
	else if (moved && page.begun) {
		window.scrollTo(0, 0);
		const heading = page.view.node.querySelector('h1');
		if (heading) heading.focus();
	}
	page.begun = true;
}

// ---- what stands on every page ----

const frame = {};

function connectionText() {
	if (!connection.up) return t('No connection since {0}', clock(connection.sinceMs));
	if (connection.complete && !bridgeIsUp()) return t('The bridge is offline: nothing is known now');
	return t('Connected');
}

function drawFrame() {
	const state = !connection.up
		? 'lost'
		: bridgeIsUp()
			? 'live'
			: connection.complete
				? 'offline'
				: 'wait';
	setText(frame.state, state === 'wait' ? t('Connecting…') : connectionText());
	setAttribute(frame.state, 'data-state', state);
	setAttribute(document.body, 'data-state', state);
	setHidden(frame.leave, !account.user);
	const title = (page.view && page.view.title) || t('Battery');
	if (document.title !== title) document.title = title;
}

const THEMES = {auto: 'Like the system', light: 'Light', dark: 'Dark'};

function chooseTheme(theme) {
	if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
	else document.documentElement.setAttribute('data-theme', theme);
}

function makeSelect(name, choices, chosen, choose) {
	return el(
		'select',
		{'aria-label': t(name), on: {change: (event) => choose(event.target.value)}},
		Object.entries(choices).map(([value, text]) =>
			el('option', {value, selected: value === chosen}, t(text)),
		),
	);
}

// Again, because the language has changed.
function redraw() {
	buildFrame();
	page.shown = '';
	draw();
}

function buildFrame() {
	const theme = remembered('theme') in THEMES ? remembered('theme') : 'auto';
	frame.state = el('p', {class: 'chip connection', role: 'status'});
	frame.leave = el(
		'button',
		{
			type: 'button',
			class: 'plain',
			on: {
				click: () => {
					account.clear();
					location.reload();
				},
			},
		},
		t('Log out'),
	);
	frame.main = el('main', {id: 'main'});
	const language = makeSelect('Language', LANGUAGES, texts.language, (wanted) => {
		remember('language', wanted);
		chooseLanguage(wanted);
		redraw();
	});
	const themes = makeSelect('Colours', THEMES, theme, (wanted) => {
		remember('theme', wanted);
		chooseTheme(wanted);
		page.shown = ''; // charts have colours of their own
		draw();
	});
	const home = el('a', {class: 'home', href: '#/'}, t('Battery'));
	document.getElementById('page').replaceChildren(
		el(
			'a',
			{
				class: 'skip',
				href: '#main',
				on: {
					click: (event) => {
						event.preventDefault();
						frame.main
							.querySelector(
								'a, button, select, input, [tabindex]',
							)
							?.focus();
					},
				},
			},
			t('To the values'),
		),
		el(
			'header',
			{class: 'top'},
			home,
			frame.state,
			el('div', {class: 'top-end'}, language, themes, frame.leave),
		),
		frame.main,
	);
	chooseTheme(theme);
}

// ---- drawing ----

function draw() {
	page.timer = 0;
	page.drawnMs = Date.now();
	if (document.hidden) return;
	const wanted = wantedView();
	if (wanted.name !== page.shown) show(wanted);
	else page.view.update(page.drawnMs);
	drawFrame();
	if (!page.marked && document.querySelector('.value:not([data-none])'))
		page.marked = performance.mark('first-value'); // for those who measure
}

// Many messages may come at once: they are drawn together.
function changed() {
	const pause = page.marked ? Math.max(0, DRAW_MS - (Date.now() - page.drawnMs)) : 0;
	if (!page.timer) page.timer = setTimeout(draw, pause);
}

function main() {
	connection.prefix = new URLSearchParams(location.search).get('prefix') || 'jk';
	chooseLanguage(remembered('language'));
	buildFrame();
	connect(changed);
	draw();
	window.addEventListener('hashchange', draw);
	window.addEventListener('resize', changed);
	document.addEventListener('visibilitychange', () => {
		wake(changed);
		changed();
	});
	document.addEventListener('resume', () => wake(changed));
	window.addEventListener('online', () => wake(changed));
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
		page.shown = '';
		draw();
	});
	setInterval(() => {
		expireCommands(Date.now());
		changed();
	}, TICK_MS);
}

main();
