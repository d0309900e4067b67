"""Rows in Home Assistant's database, and statistics."""

import asyncio
import sqlite3
import time

from bench import NEW

WINDOW_S = 120
# Rows a minute: of a pack at rest, and of one whose load changes all the time.
AT_REST, CHANGING = 20, 75
DATABASE = "/cfg/home-assistant_v2.db"


def count(pack, begin, end):
    """Rows of a pack's entities in this time, by entity."""
    query = """SELECT states_meta.entity_id, COUNT(*) FROM states JOIN states_meta USING (metadata_id)
        WHERE last_updated_ts >= ? AND last_updated_ts < ? GROUP BY metadata_id"""
    database = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)
    found = {entity: n for entity, n in database.execute(query, (begin, end))
             if f".jk_{pack}_" in entity or (pack == "south" and entity == NEW)}
    database.close()
    return found


async def check(bench):
    tap, ha = bench.tap, bench.ha
    begin = time.time()
    await asyncio.sleep(WINDOW_S)  # what is measured is a rate
    end = time.time()
    await asyncio.sleep(3)  # rows are written every second
    for pack, words, limit in (("bms_3", "at rest", AT_REST), ("south", "under changing load", CHANGING)):
        found = count(pack, begin, end)
        a_minute = sum(found.values()) * 60 / (end - begin)
        most = sorted(found.items(), key=lambda item: -item[1])[:6]
        tap.figure(f"a pack {words} has {a_minute:.0f} rows a minute, most of them: " + ", ".join(
            f"{entity.split('.')[1].removeprefix(f'jk_{pack}_')} {n * 60 / (end - begin):.1f}"
            for entity, n in most))
        tap.ok(f"{words}: rows are written, and at most {limit} a minute", 0 < a_minute <= limit, most)
    await statistics(bench)


async def statistics(bench):
    tap, ha = bench.tap, bench.ha
    await ha.call("jk_test", "compile")
    known = {entry["statistic_id"]: entry for entry in await ha.command("recorder/list_statistic_ids")}
    wanted = {entity["entity_id"]: entity for entity in bench.of_packs().values()
              if entity["state_class"] and not entity["disabled"]}
    tap.none("every sensor with a state class has statistics, but one without a value",
             sorted(entity for entity in wanted.keys() - known.keys() if not ha.without_value([entity])))
    tap.none("in its unit", [f"{entity}: {known[entity]['statistics_unit_of_measurement']}, not {row['unit']}"
                             for entity, row in wanted.items() if entity in known and
                             (known[entity]["statistics_unit_of_measurement"] or "") != row["unit"]])
    faults = await ha.command("recorder/validate_statistics")
    tap.ok("recorder/validate_statistics has nothing to say", faults == {}, faults)
    tap.none("no warning or error of Home Assistant", ha.complaints())
