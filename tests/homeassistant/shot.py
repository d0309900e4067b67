"""shot.py TOP BUILD WORK FILE: see shot."""

import asyncio
import os
import sys

from bench import Bench
from browser import TEXT, Browser
from tap import Tap

WIDTH, HEIGHT = 1180, 860


async def picture(bench, path):
    ha, browser = bench.ha, Browser()
    await browser.begin()
    await browser.log_in(ha.token)
    await browser.resize(WIDTH, HEIGHT)
    device = (await ha.devices())["jk_south"]["id"]
    await browser.go(f"/config/devices/device/{device}")
    await browser.until(TEXT, lambda text: "State of charge" in (text or ""))
    await browser.settled()
    await browser.picture(path)
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
