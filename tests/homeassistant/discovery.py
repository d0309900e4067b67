"""Three packs come up: each enabled entity has a value, and all are as the sheets say, also after a restart
of Home Assistant."""

import time

from bench import AREA, LABEL, NEW, OLD, PACKS
from expected import differences
from outages import back

# A firmware of 11 has no fourth and fifth probe, and a pack of 19 has one probe less.
NO_VALUE = ("sensor.jk_bms_3_temperature_sensor_4", "sensor.jk_bms_3_temperature_sensor_5",
            "sensor.jk_store_temperature_sensor_5")


async def check(bench):
    tap, ha = bench.tap, bench.ha
    await bench.begin()
    await bench.start_pipeline("--silence", "2@USR1", "--current", "3:0")
    entities = [entity for entity in bench.enabled() if entity not in NO_VALUE]
    await ha.until("discovery", 60, lambda: bench.client.messages("homeassistant/device/"))
    took = await bench.all_have_values(entities, 60)
    bench.is_up = True
    tap.within(f"after the first discovery each of {len(entities)} enabled entities has a value", took, 20)
    await names(bench)
    tap.none("no warning or error of Home Assistant", ha.complaints())

    await ha.command("config/entity_registry/update", entity_id=OLD, new_entity_id=NEW, name="House")
    await ha.until("the new name", 10, lambda: NEW in ha.states)
    bench.entities = sorted(NEW if entity == OLD else entity for entity in entities)
    before = await ha.registry()
    await ha.stop()
    tap.none("all entities are as the sheets say", differences(bench.of_packs(), ha.stored_entities()))
    tap.figure(f"3 packs: {len(ha.stored_entities())} entities with those that are disabled")
    await ha.start()
    await back(bench, "restart of Home Assistant", time.time(), bench.entities, before)
    tap.ok("the renamed entity has its name", str(ha.attributes(NEW).get("friendly_name")).endswith(" House"),
           ha.attributes(NEW))
    tap.none("no warning or error at its start", ha.complaints())


async def names(bench):
    tap = bench.tap
    devices = await bench.ha.devices()
    shown = [devices[f"jk_{name}"]["name"] for _, name, *_ in PACKS]
    tap.ok("a label is the name of its device", shown == [LABEL, "store", "JK BMS 3"], shown)
    areas = {area["area_id"]: area["name"] for area in await bench.ha.command("config/area_registry/list")}
    shown = [areas.get(devices[f"jk_{name}"]["area_id"]) for _, name, *_ in PACKS]
    tap.ok("an area is suggested for its device alone", shown == [AREA, None, None], shown)
    name = bench.ha.attributes(OLD).get("friendly_name")
    tap.ok("and the begin of those of its entities", name == f"{LABEL} Power", name)
