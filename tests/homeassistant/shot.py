"""shot.py TOP BUILD WORK FILE: see shot."""

import asyncio
import base64
import json
import os
import sys

import aiohttp

from bench import Bench
from homeassistant import BASE
from tap import Tap

DEBUG_PORT = 9222
WIDTH, HEIGHT = 1180, 860
# All text of the page, also that in shadow roots.
TEXT = """(function text(node) {
    let found = node.nodeType === 3 ? node.data : "";
    for (const child of node.childNodes) found += " " + text(child);
    return node.shadowRoot ? found + text(node.shadowRoot) : found;
})(document.body)"""

# Icons that are not loaded yet.
ICONS = """(function missing(node) {
    const inner = {"ha-state-icon": "ha-icon, ha-svg-icon", "ha-icon": "ha-svg-icon"}[node.localName];
    let found = Number(Boolean(inner && !node.shadowRoot?.querySelector(inner)));
    found += Number(node.localName === "ha-svg-icon" && !node.path);
    for (const child of node.childNodes) found += missing(child);
    return node.shadowRoot ? found + missing(node.shadowRoot) : found;
})(document.body)"""


class Browser:
    """Chromium, by its debugging protocol."""

    async def begin(self):
        self.process = await asyncio.create_subprocess_exec(
            "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--lang=en",
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
        self.number = 0

    async def command(self, method, **params):
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": params})
        while True:
            answer = await self.socket.receive_json()
            if answer.get("id") == self.number:
                return answer["result"]

    async def value(self, script):
        answer = await self.command("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def end(self):
        await self.session.close()
        self.process.terminate()
        await self.process.wait()


async def picture(bench, path):
    ha, browser = bench.ha, Browser()
    await browser.begin()
    tokens = {"access_token": ha.token, "token_type": "Bearer", "expires_in": 86400, "hassUrl": BASE,
              "clientId": BASE + "/", "expires": 4102444800000, "refresh_token": ""}
    await browser.command("Page.enable")
    await browser.command("Page.addScriptToEvaluateOnNewDocument", source=(
        f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
        "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"))
    await browser.command("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT,
                          deviceScaleFactor=1, mobile=False)
    device = (await ha.devices())["jk_south"]["id"]
    await browser.command("Page.navigate", url=f"{BASE}/config/devices/device/{device}")
    while "State of charge" not in (await browser.value(TEXT) or ""):
        await asyncio.sleep(0.5)
    for _ in range(60):  # one that is hidden never is
        if await browser.value(ICONS) == 0:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(1)  # until they are painted
    shot = await browser.command("Page.captureScreenshot", format="png")
    with open(path, "wb") as f:
        f.write(base64.b64decode(shot["data"]))
    await browser.end()


async def main(top, build, work, path):
    bench = Bench(Tap(), top, build, work)
    async with asyncio.timeout(600):
        await bench.begin()
        await bench.start_pipeline("--start", "11:00", "--soc", "1:78", label="Cellar 1")
        entities = [entity for entity in bench.enabled() if ".jk_south_" in entity]
        await bench.all_have_values(entities, 90)
        await picture(bench, path)
    await bench.end()
    print(f"{path.removeprefix('/host')}: {os.path.getsize(path)} bytes")


asyncio.run(main(*sys.argv[1:5]))
