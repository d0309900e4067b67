"""Restarts of each part, and a pack that falls silent: nothing is removed, and all values come back."""

import json
import time

from bench import NEW, PACKS
from homeassistant import NO_VALUE

AWAY = r"(?i)disconnected|failed to connect|connection|not connected"


def removed(bench):
    return [data for kind, data in bench.ha.events
            if data.get("action") == "remove" and kind.endswith("registry_updated")]


def is_fresh(bench, since):
    """The power that Home Assistant shows is of a record that was received after this time."""
    state = bench.ha.state(NEW)
    if state in NO_VALUE:
        return False
    records = [json.loads(message[2]) for message in bench.client.messages("jk/south/live", since)]
    return any(record["time"] > since and abs(record["power"] - float(state)) < 0.1 for record in records)


async def back(bench, what, since, entities, before):
    """All values are here, not only those from before; the registry is as before."""
    tap, ha = bench.tap, bench.ha
    await bench.all_have_values(entities, 60)
    await ha.until("a new value", 60, lambda: is_fresh(bench, since))
    tap.within(f"{what}: all values are back", time.time() - since, 10)
    after = await ha.registry()
    tap.none(f"{what}: the registry is as before",
             [f"{key}: {after.get(key)}, before {entry}" for key, entry in before.items()
              if not same(entry, after.get(key))] + sorted(after.keys() - before.keys()))
    tap.none(f"{what}: no entity was removed", removed(bench))


def same(one, other):
    """But for when it was changed."""
    return other and {**one, "modified_at": 0} == {**other, "modified_at": 0}


async def check(bench):
    tap, ha, host = bench.tap, bench.ha, bench.host
    entities = bench.entities
    ha.events.clear()
    before = await ha.registry()

    known = len(bench.client.messages("jk/status"))
    await host.service("-t", "mqtt")
    await ha.until("jk-mqtt is there again", 30, lambda: len(bench.client.messages("jk/status")) > known
                   and bench.client.last("jk/status") == "online")
    await back(bench, "restart of jk-mqtt", time.time(), entities, before)

    await host.stop_tree()
    await ha.until("offline", 20, lambda: ha.state(NEW) == "unavailable")
    tap.ok("without the pipeline everything is unavailable", True)
    await host.start_tree()
    await back(bench, "restart of the pipeline", time.time(), entities, before)
    tap.none("no warning or error of Home Assistant", ha.complaints())

    for retained, words in ((True, "restart of the broker"),
                            (False, "a broker that lost its retained messages")):
        since = time.time()
        await host.restart_broker(retained)
        # It tries every ten seconds, and reports itself.
        await ha.until("Home Assistant is at the broker", 60,
                       lambda: bench.client.messages("homeassistant/status", since))
        await back(bench, words, time.time(), entities, before)
        tap.none("no warning or error of Home Assistant, but that the broker was away", ha.complaints(AWAY))

    await silence(bench, entities)


async def silence(bench, entities):
    """One pack falls silent; it alone becomes unavailable."""
    tap, ha = bench.tap, bench.ha
    mine = [entity for entity in entities if ".jk_store_" in entity]
    online = "binary_sensor.jk_store_online_status"
    others = [entity for entity in entities if ".jk_store_" not in entity]
    bench.host.switch()
    await ha.until("offline", 40, lambda: all(ha.state(entity) == "unavailable"
                                              for entity in mine if entity != online))
    tap.ok("a silent pack becomes unavailable", ha.state(online) == "off", ha.state(online))
    tap.none(f"and none of the other {len(PACKS) - 1} packs", ha.without_value(others))
    bench.host.switch()
    # It is tried every 10 s.
    await bench.all_have_values(mine, 40)
    tap.ok("and is back when it answers", True)
    tap.none("no warning or error of Home Assistant", ha.complaints())
