// Making and changing nodes.  Whatever comes from outside becomes text or an attribute, never HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name === 'on')
			for (const [event, handler] of Object.entries(value))
				node.addEventListener(event, handler);
		else if (value !== null && value !== undefined && value !== false)
			node.setAttribute(name, value === true ? '' : value);
	}
	node.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return node;
}

function el(tag, attributes, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Only what differs is written: the rest of the page does not move, and a selection stays.
function setText(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
	if (value === null || value === false) node.removeAttribute(name);
	else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function setHidden(node, hidden) {
	if (node.hidden !== hidden) node.hidden = hidden;
}
