"""The dashboard of jk-dashboard, shown in Chromium: 1, 4 and 15 packs, on a phone and on a desk."""

import os
import re
import shutil

from browser import PROGRAM, TEXT, WALK, Browser
from tap import room

COUNTS = (1, 4, 15)
SIZES = (("phone", 390, 844, True), ("desk", 1440, 900, False))
PATH = "jk-battery"
# What a card shows that cannot be shown, or has nothing to show.
ERRORS = WALK % """node => ["hui-error-card", "hui-error-badge", "hui-warning", "hui-warning-element",
    "hui-error-heading-badge", "ha-alert"].includes(node.localName) ? node.localName + " " +
    node.textContent + (node.shadowRoot?.textContent ?? "") + "; " : "" """
WRONG = re.compile(r"not found|unavailable|configuration error|doesn't exist|not supported|no state", re.I)
LOADING = WALK % """node => Number(["ha-spinner", "ha-circular-progress", "hass-loading-screen"]
    .includes(node.localName) && node.getClientRects().length > 0)"""
CARDS = WALK % "node => Number(node.localName === 'hui-tile-card')"
BARS = WALK % """node => Number(node.localName === "hui-bar-gauge-card-feature" &&
    (node.shadowRoot?.querySelector("div")?.getBoundingClientRect().height ?? 0) > 0)"""
# Wider than the window.
WIDE = "document.scrollingElement.scrollWidth - innerWidth"


def names(count):
    return tuple((n, f"pack_{n}", 16, "15.41") for n in range(1, count + 1))


async def install(bench, *options):
    token = f"{bench.host.work}/token"
    bench.host.write("token", bench.ha.token)
    os.chmod(bench.host.file("token"), 0o600)
    return await bench.host.run("jk-dashboard", "--install", "http://127.0.0.1:8123", "--token-file", token,
                                *options, f"127.0.0.1:{bench.host.port}")


def entities(node):
    """All that a configuration names."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "entity" and isinstance(value, str):
                yield value
            else:
                yield from entities(value)
    elif isinstance(node, list):
        for one in node:
            yield from entities(one)


async def check(bench):
    tap = bench.tap
    if not shutil.which(PROGRAM):
        tap.ok(f"the dashboard # SKIP {PROGRAM} is missing", True)
        return
    ha = await bench.start_afresh("dashboard")
    other = {"views": [{"title": "Mine", "cards": []}]}
    await ha.command("lovelace/dashboards/create", url_path="my-own", title="Mine", mode="storage")
    await ha.command("lovelace/config/save", url_path="my-own", config=other)
    browser = Browser()
    await browser.begin()
    try:
        await browser.log_in(ha.token)
        for count in COUNTS:
            await packs(bench, browser, count)
    finally:
        await browser.end()
    await alone(bench, other)
    # The frontend asks for the texts of all services.
    tap.none("no warning or error of Home Assistant", ha.complaints("services.yaml for integration: jk_test"))


async def packs(bench, browser, count):
    tap, ha = bench.tap, bench.ha
    if bench.host.processes.get("sim"):
        await bench.stop_pipeline()
    await bench.start_pipeline("--soc", "1:78", packs=names(count), timeout_s=30,
                               label='Süd: <b>\\"1\\"</b>',
                               sim=[f"{n}:16" for n in range(1, count + 1)], lines=("bank house",))
    wanted = ["sensor.jk_bank_house_charged_energy_today"] + [
        f"sensor.jk_pack_{n}_{key}" for n in range(1, count + 1)
        for key in ("state_of_charge", "health_score", "charged_energy", "hardware_version")] + [
        f"number.jk_pack_{n}_smart_sleep_voltage" for n in range(1, count + 1)]
    await bench.all_have_values(wanted, 90)
    status, out = await install(bench)
    tap.ok(f"{count} packs: installed", status == 0, out)
    config = await ha.command("lovelace/config", url_path=PATH)
    named = set(entities(config))
    registry = {entry["entity_id"]: entry for entry in (await ha.registry()).values()}
    tap.none(f"{count} packs: each of {len(named)} entities is there and enabled", [
        entity for entity in named if entity not in registry or registry[entity]["disabled_by"]])
    paths = [view["path"] for view in config["views"]]
    if count > 4:
        paths = [path for path in paths if not path.startswith("pack-") or re.match(r"pack-(1|15)-", path)]
    for size, width, height, mobile in SIZES:
        await browser.resize(width, height, mobile)
        wrong, shown = [], 0
        for path in paths:
            browser.complaints.clear()
            await view(browser, path)
            await browser.tall_picture(bench.host.file(f"{count}-{size}-{path}.png"), width, height, mobile)
            wrong += [f"{path}: {words}" for words in await faults(browser)]
            shown += await browser.value(BARS)
        tap.none(f"{count} packs, {size}: {len(paths)} pages without a fault", wrong)
        tap.ok(f"{count} packs, {size}: bars are drawn", shown > 0)
        tap.figure(f"{count} packs, {size}: {shown} bars")


async def view(browser, path):
    """Goes there."""
    await browser.go(f"/{PATH}/{path}")
    await browser.until(CARDS, lambda count: (count or 0) > 0)
    await browser.settled()
    for _ in range(30):
        if await browser.value(LOADING) == 0:
            break
        await browser.settled()


async def faults(browser):
    found = [f"console: {words[:200]}" for words in browser.complaints]
    errors = await browser.value(ERRORS)
    if errors:
        found.append(re.sub(r"\s+", " ", errors)[:300])
    text = re.sub(r"\s+", " ", await browser.value(TEXT))
    found += [text[max(0, match.start() - 60):match.end() + 20] for match in WRONG.finditer(text)]
    if await browser.value(LOADING):
        found.append("still loading")
    wide = await browser.value(WIDE)
    if wide > 0:
        found.append(f"{wide} pixels wider than the window")
    return found


async def alone(bench, other):
    """The second time it updates its own dashboard, and nothing else."""
    tap, ha = bench.tap, bench.ha
    before = await ha.command("lovelace/dashboards/list")
    await ha.command("config/entity_registry/update", entity_id="sensor.jk_pack_1_power",
                     new_entity_id="sensor.house_power", name="House")
    status, out = await install(bench, "--title", "Cellar")
    tap.ok("the second time it is updated", status == 0 and "updated" in out, out)
    after = await ha.command("lovelace/dashboards/list")
    wanted = [dict(one, title="Cellar") if one["url_path"] == PATH else one for one in before]
    tap.ok("no second one, and the others are as before", after == wanted, wanted, after)
    config = await ha.command("lovelace/config", url_path=PATH)
    tap.ok("with the new title", config["title"] == "Cellar")
    named = set(entities(config))
    tap.ok("an entity that was renamed has its new id", "sensor.house_power" in named and
           "sensor.jk_pack_1_power" not in named)
    tap.ok("another dashboard is as before", await ha.command("lovelace/config", url_path="my-own") == other)
    status, out = await install(bench, "--path", "my-own")
    tap.ok("and cannot be replaced", status == 1 and "not one of jk-dashboard" in out, status, out)
    tap.ok("nor was it", await ha.command("lovelace/config", url_path="my-own") == other)
