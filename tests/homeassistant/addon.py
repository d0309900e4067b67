"""From the Node-RED add-on 4.1.4 to jk-mqtt --layout addon, and back, in a Home Assistant with its history.

What the add-on left at a broker is outside the project; without it this part is skipped.  It is of pack 1 and
of all packs together; packs 2 and 3 are made of pack 1."""

import json
import re
import time

from bench import PORT
from homeassistant import Refused

RETAINED = "../shared/field/addon-4.1.4-retained.jsonl"
PACKS = (1, 2, 3)
ENTITIES, LIVE_ON = 391, 381
# What may differ behind a change of the publisher; all other fields of the registries must not.
FREE = ("modified_at", "original_name", "original_icon", "name", "model", "model_id", "manufacturer",
        "sw_version", "hw_version", "serial_number")
# What a user has done.
POWER, TOTAL = "sensor.bms_1_bms_puissance_totale", "sensor.power_of_the_house"
MOVED, OFF = "sensor.bms_2_bms_soc_pourcentage", "sensor.bms_3_bms_mos_temp"


def left_at_the_broker(text):
    """Topic and payload of all packs."""
    found = {"JK-BMS-RS485-CAN-module": "Online"}  # which it sends at each start
    for line in map(json.loads, text.splitlines()):
        for pack in PACKS:
            topic, payload = (text.replace("BMS_1", f"BMS_{pack}").replace("bms_1", f"bms_{pack}").replace(
                "BMS 1", f"BMS {pack}") for text in (line["topic"], line["payload"]))
            found[topic] = payload
    return found


def configs(messages):
    return {topic: json.loads(payload) for topic, payload in messages.items()
            if topic.endswith("/config") and payload}


def live_value(config):
    """Of a state that the add-on does not retain."""
    if "payload_on" in config:
        return config["payload_on"]
    if "unit_of_measurement" in config or "state_class" in config:
        return "3.3"
    return "0"


def is_cleared(unique_id):
    return "premium" in unique_id or "password" in unique_id


class AddOn:
    def __init__(self, bench, text):
        self.client = bench.client
        self.messages = left_at_the_broker(text)
        self.configs = configs(self.messages)

    def publish(self):
        """All that it publishes when it starts, and once more the live states."""
        for topic, payload in self.messages.items():
            self.client.publish(topic, payload, retain=True)
        self.speak()

    def speak(self):
        for config in self.configs.values():
            topic = config["state_topic"]
            if topic not in self.messages:
                self.client.publish(topic, live_value(config))


async def registry(ha):
    """All fields of each entity, by its unique id."""
    known = await ha.registry()
    whole = await ha.command("config/entity_registry/get_entries",
                             entity_ids=[entry["entity_id"] for entry in known.values()])
    return {entry["unique_id"]: entry for entry in whole.values()}


def changes(before, after, user_named=()):
    wrong = []
    for key, old in before.items():
        new = after.get(key)
        if not new:
            wrong.append(f"{key} is gone")
            continue
        wrong += [f"{key} {field}: {new.get(field)!r}, was {value!r}" for field, value in old.items()
                  if (field not in FREE or field in user_named) and new.get(field) != value]
    return wrong


async def statistics(ha):
    await ha.call("jk_test", "compile")
    return {entry["statistic_id"]: entry for entry in await ha.command("recorder/list_statistic_ids")}


async def by_hand(ha):
    """Renames, areas and a switched-off entity."""
    area = (await ha.command("config/area_registry/create", name="Cellar"))["area_id"]
    update = "config/entity_registry/update"
    await ha.command(update, entity_id=POWER, new_entity_id=TOTAL, name="House", icon="mdi:home")
    await ha.command(update, entity_id=MOVED, area_id=area)
    await ha.command(update, entity_id=OFF, disabled_by="user")
    devices = await ha.devices()
    await ha.command("config/device_registry/update", device_id=devices["BMS_1_device"]["id"],
                     name_by_user="Left rack", area_id=area)
    await ha.until("the new name", 20, lambda: TOTAL in ha.states and OFF not in ha.states)


async def check(bench):
    tap = bench.tap
    status, text = await bench.host.run("cat", RETAINED)  # of the host: links
    if status:
        tap.ok("the add-on # SKIP what it left at a broker is not here", True)
        return
    await bench.start_afresh("addon")
    addon = AddOn(bench, text)
    before, devices, known = await with_addon(bench, addon)
    await taken_over(bench, addon, before, devices, known)
    await and_back(bench, addon, before, known)
    await forget(bench)


async def with_addon(bench, addon):
    tap, ha = bench.tap, bench.ha
    addon.publish()
    wanted = [config["unique_id"] for config in addon.configs.values()]
    await ha.until("its entities", 60, lambda: sum(
        kind == "entity_registry_updated" and data["action"] == "create"
        for kind, data in ha.events) >= ENTITIES)
    known = await ha.registry()
    tap.ok(f"the add-on has {ENTITIES} entities", len(known) == ENTITIES == len(set(wanted)), len(known))
    addon.speak()
    await by_hand(ha)
    addon.speak()
    known = await statistics(ha)
    tap.ok("with statistics", len(known) > 100 and TOTAL in known, sorted(known))
    ha.complaints()
    return await registry(ha), await ha.devices(), known


async def taken_over(bench, addon, before, devices, known):
    tap, ha = bench.tap, bench.ha
    kept = {key: entry for key, entry in before.items() if not is_cleared(key)}
    begin, started = time.monotonic(), time.time()
    await bench.start_pipeline(packs=tuple((n, f"bms_{n}", 16, "15.41") for n in PACKS),
                               sim=tuple(f"{n}:16" for n in PACKS), broker="layout addon")
    await ha.until("availability", 60, lambda: "availability" in (bench.client.last(
        "homeassistant/sensor/bms_1_bms_Cell_1_volt/config") or ""))
    enabled = [entry["entity_id"] for entry in kept.values() if not entry["disabled_by"]]
    try:
        await bench.all_have_values(enabled, 60)
    except TimeoutError:
        pass
    have_one = len(enabled) - len(ha.without_value(enabled))
    tap.figure(f"taken over: {have_one} of {len(enabled)} entities have a value "
               f"{time.monotonic() - begin:.1f} s after the start of the pipeline")
    tap.none("each entity that lives on has a value", ha.without_value(enabled))
    after = await registry(ha)
    tap.ok(f"at least {LIVE_ON} entities live on", len(kept.keys() & after.keys()) >= LIVE_ON,
           len(kept.keys() & after.keys()))
    tap.none("what is cleared is gone", sorted(key for key in after if is_cleared(key)))
    tap.none("the registry of entities is as before", changes(kept, after, ("name", "icon")))
    tap.none("that of devices too", changes(
        {key: value for key, value in devices.items() if key.startswith("BMS")}, await ha.devices()))
    tap.ok("the user's name of a device", (await ha.devices())["BMS_1_device"]["name_by_user"] == "Left rack")
    await same_statistics(bench, known)
    tap.none("no warning or error of Home Assistant", ha.complaints())
    # What it reads from discovery only at its start.  Without alarms their list is empty, as the add-on's is:
    # an empty message is not retained.
    await ha.restart()
    await bench.all_have_values([entity for entity in enabled if not entity.endswith("_alarm_list")], 60)
    tap.none("after its restart, too", changes(kept, await registry(ha), ("name", "icon")))
    tap.none("no warning or error at its start", ha.complaints())
    tap.none("no passcode is published", [message for message in bench.client.messages("BMS_", started)
                                          if "password" in message[1] and message[2]])
    await use(bench)


async def same_statistics(bench, known):
    tap, ha = bench.tap, bench.ha
    now = await statistics(ha)
    tap.none("statistics have the same ids and units", [
        f"{key}: {now.get(key)}, was {value}" for key, value in known.items() if now.get(key) != value])
    faults = await ha.command("recorder/validate_statistics")
    tap.ok("recorder/validate_statistics has nothing to say", faults == {}, faults)


async def use(bench):
    """The switches of the add-on work."""
    tap, ha = bench.tap, bench.ha
    entity = next(e for e in ha.states if e.startswith("switch.bms_2") and e.endswith("charging_switch")
                  and "dis" not in e)
    await ha.call("switch", "turn_off", entity)
    try:
        await ha.until("off", 20, lambda: ha.state(entity) == "off")
    except TimeoutError:
        pass
    tap.ok("its switch works", ha.state(entity) == "off", ha.states.get(entity))
    dangerous = entity.replace("charging_switch", "discharging_switch")
    old = ha.state(dangerous)
    try:
        await ha.call("switch", "turn_off", dangerous)
    except Refused as why:
        tap.ok("the dangerous one", False, why)
    since = time.time()
    await ha.until("an answer", 20, lambda: any(
        "discharging_switch" in m[1] for m in bench.client.messages("BMS_2/", since)))
    tap.ok("the dangerous one does not", ha.state(dangerous) == old, ha.states.get(dangerous))


async def forget(bench):
    """A pack that was sold: it goes, and nothing else."""
    tap, ha = bench.tap, bench.ha
    await bench.stop_pipeline()
    before = await ha.registry()
    status, out = await bench.host.run("jk-mqtt", "--layout", "addon", "--forget", "BMS_3", "bms_3",
                                       f"127.0.0.1:{PORT}")
    tap.ok("--forget: exit 0", status == 0, out)
    gone = {key for key in before if re.match(r"(?i)bms_3[_ ]", key)}
    left = set(before)

    async def is_gone():
        left.clear()
        left.update(await ha.registry())
        return not left & gone

    try:
        await bench.host.until("removed", 20, is_gone)
    except TimeoutError:
        pass
    tap.ok(f"its {len(gone)} entities are removed, and no others", before.keys() - left == gone,
           sorted((before.keys() - left) ^ gone))
    tap.none("no warning or error of Home Assistant", ha.complaints())


async def and_back(bench, addon, before, known):
    tap, ha = bench.tap, bench.ha
    await bench.stop_pipeline()
    entities = [entry["entity_id"] for key, entry in before.items()
                if not is_cleared(key) and not entry["disabled_by"]]
    await ha.until("unavailable", 30, lambda: len(ha.without_value(entities)) == len(entities))
    tap.ok("without the pipeline all entities are unavailable", True)
    addon.publish()
    await ha.until("its entities", 60, lambda: all(
        ha.state(entity) != "unavailable" for entity in entities))
    addon.speak()
    await bench.all_have_values([entity for entity in entities if not entity.endswith("_alarm_list")], 30)
    after = await registry(ha)
    tap.none("back at the add-on, the registry is as it was",
             changes({key: entry for key, entry in before.items() if not is_cleared(key)}, after,
                     ("name", "icon")))
    await same_statistics(bench, known)
    tap.none("no warning or error of Home Assistant", ha.complaints())
