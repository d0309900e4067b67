"""check.py TOP BUILD WORK [PART...]: the parts of the test in their order, or these.  Run by run."""

import asyncio
import shutil
import sys

import addon
import blueprints
import dashboard
import discovery
import energy
import fifteen
import outages
import rows
import settings
import variants
from bench import Bench
from tap import Tap

# Name, seconds after which a part is given up, what it does.  All but those that are alone need the first.
PARTS = (
    ("discovery", 150, discovery.check),
    ("settings", 90, settings.check),
    ("outages", 180, outages.check),
    ("blueprints", 90, blueprints.check),
    ("rows", 200, rows.check),
    ("fifteen packs", 120, fifteen.check),
    ("variants", 150, variants.check),
    ("energy", 240, energy.check),
    ("add-on", 240, addon.check),
    ("dashboard", 600, dashboard.check),
)
ALONE = {"variants", "energy", "add-on", "dashboard"}


async def main(top, build, work, wanted):
    tap = Tap()
    bench = Bench(tap, top, build, work)
    for name, limit_s, check in PARTS:
        if wanted and name not in wanted and not (name == "discovery" and set(wanted) - ALONE):
            continue
        async with tap.part(name, limit_s):
            await check(bench)
        if name == "discovery" and not bench.is_up:
            print("Bail out! no Home Assistant with packs in it")
            break
    await bench.end()
    if tap.failed:
        shutil.copytree("/cfg", bench.host.file("cfg-at-the-end"), dirs_exist_ok=True)
    return tap.summary()


sys.exit(asyncio.run(main(*sys.argv[1:4], sys.argv[4:])))
