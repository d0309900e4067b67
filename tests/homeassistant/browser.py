"""Chromium, by its debugging protocol: pages of Home Assistant as their user sees them."""

import asyncio
import base64
import itertools
import json

import aiohttp

from homeassistant import BASE

DEBUG_PORT = 9222
PROGRAM = "chromium-headless-shell"
# A function of a node that adds up, over it and all below it, also in shadow roots.
WALK = """(function walk(node) {
    let found = (%s)(node);
    for (const child of node.childNodes) found += walk(child);
    return node.shadowRoot ? found + walk(node.shadowRoot) : found;
})(document.body)"""
TEXT = WALK % """node => node.nodeType === 3 && !["STYLE", "SCRIPT"].includes(node.parentNode?.nodeName)
    ? node.data + " " : "" """
# Icons that are not loaded yet.
ICONS = WALK % """node => {
    const inner = {"ha-state-icon": "ha-icon, ha-svg-icon", "ha-icon": "ha-svg-icon"}[node.localName];
    return Number(Boolean(inner && !node.shadowRoot?.querySelector(inner))) +
        Number(node.localName === "ha-svg-icon" && !node.path);
}"""


class Browser:
    async def begin(self):
        self.process = await asyncio.create_subprocess_exec(
            PROGRAM, "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--lang=en",
            f"--remote-debugging-port={DEBUG_PORT}", "--user-data-dir=/tmp/browser", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        self.session = aiohttp.ClientSession()
        while True:
            try:
                async with self.session.get(f"http://127.0.0.1:{DEBUG_PORT}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                    if pages:
                        break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
        self.socket = await self.session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
        self.numbers = itertools.count(1)
        self.pending = {}
        self.complaints = []  # of the console
        self.reader = asyncio.create_task(self._read())
        for domain in ("Page", "Runtime", "Log"):
            await self.command(domain + ".enable")

    async def _read(self):
        async for message in self.socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            self._take(json.loads(message.data))

    def _take(self, message):
        if "id" in message:
            self.pending.pop(message["id"]).set_result(message.get("result", {}))
            return
        params = message["params"]
        if message["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(arg.get("value", arg.get("description", "")))
                                            for arg in params["args"]))
        elif message["method"] == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif message["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
            # What is not on this machine is out of reach.
            entry = params["entry"]
            if entry.get("url", BASE).startswith(BASE):
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")

    async def command(self, method, **params):
        number = next(self.numbers)
        future = self.pending[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params})
        return await future

    async def value(self, script):
        answer = await self.command("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def log_in(self, token):
        """For all pages from now on, without the side bar."""
        tokens = {"access_token": token, "token_type": "Bearer", "expires_in": 86400, "hassUrl": BASE,
                  "clientId": BASE + "/", "expires": 4102444800000, "refresh_token": ""}
        await self.command("Page.addScriptToEvaluateOnNewDocument", source=(
            f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
            "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"))

    async def resize(self, width, height, mobile=False):
        await self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                           deviceScaleFactor=1, mobile=mobile)

    async def go(self, path):
        await self.command("Page.navigate", url=BASE + path)

    async def until(self, script, is_right, pause_s=0.3):
        """The caller has a limit of time."""
        while not is_right(await self.value(script)):
            await asyncio.sleep(pause_s)

    async def settled(self):
        """Until icons are there, though one that is hidden never is, and what is on the page is painted."""
        missing, before = await self.value(ICONS), None
        while missing and missing != before:
            await asyncio.sleep(0.7)
            missing, before = await self.value(ICONS), missing
        await asyncio.sleep(0.7)

    async def picture(self, path):
        shot = await self.command("Page.captureScreenshot", format="png")
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    async def tall_picture(self, path, width, height, mobile):
        """Of all of the page, not only of what is in the window."""
        whole = await self.value("document.scrollingElement.scrollHeight")
        await self.resize(width, min(6000, max(height, whole)), mobile)
        await self.settled()
        await self.picture(path)
        await self.resize(width, height, mobile)

    async def end(self):
        self.reader.cancel()
        await self.session.close()
        self.process.terminate()
        await self.process.wait()
