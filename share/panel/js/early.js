// This stands in index.html itself: it opens the web socket while the rest of the page is still loading.
'use strict';
const early = new URL('mqtt', location.href);
early.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
early.search = early.hash = '';
window.jkSocket = {address: early.href, first: new WebSocket(early.href, 'mqtt')};
