// Languages and numbers.  TEXTS is texts.tsv: of an English text, the same in other languages.

const TEXTS = new Map(
	TEXT_ROWS.map((row) => {
		const [en, de, fr] = row.split('|');
		return [en, {de, fr}];
	}),
);

const LANGUAGES = {en: 'English', de: 'Deutsch', fr: 'Français'};
const NOTHING = '–';

function remembered(name) {
	try {
		return localStorage.getItem('jk-panel-' + name);
	} catch {
		return null;
	}
}

function remember(name, value) {
	try {
		localStorage.setItem('jk-panel-' + name, value);
	} catch {
		// A browser that keeps nothing asks again the next time.
	}
}

const texts = {language: 'en', locale: 'en', formats: new Map()};

function chooseLanguage(wanted) {
	const offered = [wanted, ...(navigator.languages || [navigator.language || 'en'])].filter(Boolean);
	texts.language = offered.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES) || 'en';
	// de-CH and en-GB write numbers and dates in their own way.
	texts.locale = offered.find((one) => one.slice(0, 2) === texts.language) || texts.language;
	if (wanted)
		texts.locale =
			(navigator.languages || []).find((one) => one.slice(0, 2) === wanted) || wanted;
	texts.formats.clear();
	document.documentElement.lang = texts.language;
}

// t('{0} of {1}', 2, 3)
function t(english, ...words) {
	const row = TEXTS.get(english);
	const text = (row && row[texts.language]) || english;
	return words.length ? text.replace(/\{(\d)\}/g, (_, n) => words[n]) : text;
}

function format(name, make) {
	if (!texts.formats.has(name)) texts.formats.set(name, make());
	return texts.formats.get(name);
}

function number(value, places) {
	if (typeof value !== 'number' || !Number.isFinite(value)) return NOTHING;
	const digits = {minimumFractionDigits: places, maximumFractionDigits: places};
	const text = format('number ' + places, () => new Intl.NumberFormat(texts.locale, digits)).format(
		value,
	);
	// A current of -0.004 A is 0.00 A.
	return /[1-9]/.test(text) ? text : text.replace(/^[-−]/, '');
}

// The sheets are in ASCII where they can be.
function unitText(unit) {
	return unit === 'ohm' ? 'Ω' : unit;
}

// With its unit and a space that does not break.
function quantity(value, places, unit) {
	const text = number(value, places);
	return text === NOTHING || !unit ? text : text + '\u00a0' + unitText(unit);
}

function signed(value, places, unit) {
	const text = quantity(value, places, unit);
	return value > 0 && /[1-9]/.test(text) ? '+' + text : text.replace('-', '−');
}

function clock(ms) {
	const options = {hour: '2-digit', minute: '2-digit', second: '2-digit'};
	return format('clock', () => new Intl.DateTimeFormat(texts.locale, options)).format(ms);
}

// The time of today, else the date, too.
function moment(ms) {
	if (new Date(ms).toDateString() === new Date().toDateString()) return clock(ms);
	const options = {dateStyle: 'medium', timeStyle: 'short'};
	return format('moment', () => new Intl.DateTimeFormat(texts.locale, options)).format(ms);
}

function weekday(ms) {
	return format('weekday', () => new Intl.DateTimeFormat(texts.locale, {weekday: 'short'})).format(
		ms,
	);
}

// 5430 s is 1 h 30 min.
function duration(seconds) {
	if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return NOTHING;
	const minutes = Math.round(seconds / 60),
		hours = Math.floor(minutes / 60);
	if (seconds < 60) return quantity(Math.round(seconds), 0, 's');
	if (hours === 0) return quantity(minutes, 0, 'min');
	if (hours < 48) return quantity(hours, 0, 'h') + ' ' + quantity(minutes % 60, 0, 'min');
	return quantity(hours / 24, 1, 'd');
}
