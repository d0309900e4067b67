"""dashboard_shot.py TOP BUILD WORK FOLDER: two pictures of the dashboard of three packs, see shot.  The last
days are statistics that were imported: sun at noon, load in the evening."""

import asyncio
import math
import os
import sqlite3
import sys
from datetime import datetime, timedelta, timezone

from bench import Bench
from browser import Browser
from dashboard import install, view
from tap import Tap

PACKS = ((1, "north", 16, "15.41"), (2, "south", 16, "15.41"), (3, "garage", 16, "15.41"))
LABEL = "North"
DAYS = 8
CAPACITY_KWH = 16.0
MEAN, NO_MEAN = 1, 0  # of Home Assistant's mean_type


def power_kw(hour):
    """Of one pack; less sun on every third day."""
    sun = 1.6 * max(0.0, math.sin((hour % 24 - 7) / 11 * math.pi)) if 7 <= hour % 24 <= 18 else 0.0
    load = 0.2 + (0.5 if 17 <= hour % 24 <= 23 else 0.1 * (hour * 7 % 5) / 4)
    return sun * (0.55 if hour // 24 % 3 == 1 else 1.0) - load


def past():
    """Of each hour: its begin, power in W, state of charge, kWh charged and discharged so far; of a pack."""
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    begin = (now - timedelta(days=DAYS)).replace(hour=0)
    stored, charged, discharged = 0.55 * CAPACITY_KWH, 0.0, 0.0
    for hour in range(int((now - begin).total_seconds() / 3600)):
        kw = max(-(stored - 0.12 * CAPACITY_KWH), min(power_kw(hour), 0.98 * CAPACITY_KWH - stored))
        stored += kw
        charged += max(0.0, kw)
        discharged += max(0.0, -kw)
        yield begin + timedelta(hours=hour), kw * 1000, 100 * stored / CAPACITY_KWH, charged, discharged


async def import_past(bench):
    hours = list(past())
    devices = [(name, 1 + 0.03 * i) for i, (_, name, *_) in enumerate(PACKS)] + [("bank_house", 3.1)]
    for device, factor in devices:
        for key, column, unit, kind, by in (("power", 1, "W", "power", factor),
                                            ("state_of_charge", 2, "%", None, 1 + (factor - 1) / 3 % .05),
                                            ("charged_energy", 3, "kWh", "energy", factor),
                                            ("discharged_energy", 4, "kWh", "energy", factor)):
            total = unit == "kWh"
            values = [(row[0].isoformat(), row[column] * by) for row in hours]
            await bench.ha.command("recorder/import_statistics", metadata={
                "mean_type": NO_MEAN if total else MEAN, "has_sum": total, "name": None, "source": "recorder",
                "statistic_id": f"sensor.jk_{device}_{key}", "unit_of_measurement": unit, "unit_class": kind},
                stats=[{"start": start, **({"state": value, "sum": value} if total else
                                           {"mean": value, "min": value, "max": value})}
                       for start, value in values])


def insert_states(bench):
    """Power and charge of the last day, every ten minutes, into the database of a Home Assistant that is
    stopped: no action of it does this."""
    database = sqlite3.connect(bench.ha.config + "/home-assistant_v2.db")
    hours = list(past())[-25:]
    for device, factor in (("bank_house", 3.1), *((name, 1.0) for _, name, *_ in PACKS)):
        for key, column, by in (("power", 1, factor), ("state_of_charge", 2, 1)):
            meta, first, attributes = database.execute(
                "SELECT metadata_id, min(last_updated_ts), max(attributes_id) FROM states_meta JOIN states"
                " USING (metadata_id) WHERE states_meta.entity_id = ?",
                (f"sensor.jk_{device}_{key}",)).fetchone()
            for one, two in zip(hours, hours[1:]):
                for part in range(6):
                    value = one[column] + (two[column] - one[column]) * part / 6
                    at = one[0].timestamp() + part * 600
                    if at < first:
                        database.execute(
                            "INSERT INTO states (metadata_id, attributes_id, state, last_updated_ts) VALUES"
                            " (?, ?, ?, ?)", (meta, attributes, f"{value * by:.1f}", at))
    database.commit()
    database.close()


async def main(top, build, work, folder):
    bench = Bench(Tap(), top, build, work)
    async with asyncio.timeout(900):
        await bench.begin()
        charge = round(list(past())[-1][2])
        await bench.start_pipeline(
            "--start", datetime.now(timezone.utc).strftime("%H:%M"), "--ambient", "192",
            *(word for n in (1, 2, 3) for word in (
                "--soc", f"{n}:{charge + n - 2}", "--current", f"{n}:-{12000 + n * 700}")),
            packs=PACKS, sim=("1:16", "2:16", "3:16"), label=LABEL, lines=("bank house",))
        await bench.all_have_values(["sensor.jk_bank_house_charged_energy_today"] + [
            f"sensor.jk_{name}_{key}" for _, name, *_ in PACKS
            for key in ("state_of_charge", "health_score", "hardware_version")], 90)
        await import_past(bench)
        await bench.ha.stop()
        insert_states(bench)
        await bench.ha.start()
        await bench.all_have_values(["sensor.jk_bank_house_power"], 60)
        await rename(bench)
        status, out = await install(bench)
        if status:
            raise RuntimeError(out)
        browser = Browser()
        await browser.begin()
        await browser.log_in(bench.ha.token)
        for name, path, *size in (("dashboard-phone", "overview", 390, 1180, True),
                                  ("dashboard-pack", "pack-2-north", 1360, 900, False)):
            await browser.resize(*size)
            await view(browser, path)
            await browser.settled()
            await browser.picture(f"{folder}/{name}.png")
            print(f"{name}.png: {os.path.getsize(f'{folder}/{name}.png')} bytes")
        await browser.end()
    await bench.end()


async def rename(bench):
    """As its owner would."""
    for identifier, name in (("jk_bank_house", "House"), ("jk_south", "South"), ("jk_garage", "Garage"),
                             ("jk_link_shed", "RS485")):
        device = (await bench.ha.devices())[identifier]["id"]
        await bench.ha.command("config/device_registry/update", device_id=device, name_by_user=name)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
