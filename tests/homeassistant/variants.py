"""What three packs on RS485 do not show: firmware 14, a pack on CAN alone, discovery by component, and packs
that are forgotten."""

import re
import time

from bench import PORT
from expected import differences
from outages import removed, same

PACK = (1, "old", 16, "14.20")
SIM = ("1:16:14",)
VAN = "garage"  # on CAN
CELLS = 16
# What the simulated packs have no sensor for.
NO_VALUE = ("sensor.jk_old_temperature_sensor_4", "sensor.jk_old_temperature_sensor_5")
# Home Assistant warns when the messages of the other form are emptied, the last step of its own migration.
MIGRATED = r"conflicting MQTT discovery message|Ignoring empty MQTT discovery payload for disabled"
# Known, and shown as a figure: the first states of a pack on CAN are not whole, and are sent before what an
# earlier run has announced is read.
NOT_WHOLE = "Template variable warning: 'dict object' has no attribute"
RENAMED = {"sensor.jk_old_power": "sensor.power_of_the_shed",
           f"sensor.jk_{VAN}_power": "sensor.power_of_the_van"}


async def record_can(bench):
    """A recording of CAN that begins now, and is longer than this part of the test."""
    log = f"{bench.host.work}/van.log"
    status, out = await bench.host.run("jk-sim", "--can", log, "--duration", "1500", f"3:{CELLS}")
    if status:
        raise RuntimeError(out)
    text = bench.host.read("van.log")
    later = int(time.time()) - int(re.match(r"\((\d+)", text)[1])
    bench.host.write("van.log", re.sub(r"(?m)^\((\d+)", lambda found: f"({int(found[1]) + later}", text))
    return log


async def start(bench, discovery):
    log = await record_can(bench)
    await bench.start_pipeline(packs=(PACK,), sim=SIM, label="Old", broker=f"discovery {discovery}",
                               lines=(f"bus van file:{log}", f"pack van:3 {VAN}"))


def expected(bench):
    _, name, cells, software = PACK
    return {**bench.expected.bridge(), **bench.expected.pack(name, cells, software),
            **bench.expected.can_pack(VAN, CELLS)}


async def check(bench):
    tap = bench.tap
    ha = await bench.start_afresh("variants")
    await start(bench, "device")
    wanted = expected(bench)
    entities = sorted(entity["entity_id"] for entity in wanted.values()
                      if not entity["disabled"] and entity["domain"] != "event"
                      and entity["entity_id"] not in NO_VALUE)
    took = await bench.all_have_values(entities, 60)
    tap.within(f"firmware 14 and CAN: each of {len(entities)} enabled entities has a value", took, 20)
    await ha.stop()
    tap.none("they are as the sheets say", differences(wanted, ha.stored_entities()))
    await ha.start()
    for old, new in RENAMED.items():
        await ha.command("config/entity_registry/update", entity_id=old, new_entity_id=new)
    entities = [RENAMED.get(entity, entity) for entity in entities]
    await bench.all_have_values(entities, 60)
    tap.none("no warning or error of Home Assistant", ha.complaints())
    for discovery in ("component", "device"):
        await other_form(bench, discovery, entities)
    await forget(bench)


def configs(bench, kind):
    """Topics of discovery that a broker retains now, of packs."""
    last = {message[1]: message[2] for message in bench.client.messages("homeassistant/")}
    return [topic for topic, payload in last.items() if payload and topic.endswith("/config")
            and (topic.split("/")[1] == "device") == (kind == "device") and "/jk_bridge/" not in topic]


async def other_form(bench, discovery, entities):
    """The same entities, by other messages."""
    tap, ha = bench.tap, bench.ha
    before = await ha.registry()
    ha.events.clear()
    await bench.stop_pipeline()
    await ha.until("offline", 30, lambda: len(ha.without_value(entities)) >= len(entities) // 2)
    await start(bench, discovery)
    other = {"component": "device", "device": "component"}[discovery]
    await ha.until("the other form is gone", 90,
                   lambda: configs(bench, discovery) and not configs(bench, other))
    took = await bench.all_have_values(entities, 60)
    tap.figure(f"discovery by {discovery}: {len(configs(bench, discovery))} messages, values {took:.1f} s "
               "after those of the other form are gone")
    after = await ha.registry()
    tap.none(f"discovery by {discovery}: the registry is as before", [
        f"{key}: {after.get(key)}, before {entry}" for key, entry in before.items()
        if not same(entry, after.get(key))] + sorted(after.keys() - before.keys()))
    tap.none("no entity was removed", removed(bench))
    complaints = ha.complaints(MIGRATED)
    wrong = [line for line in complaints if NOT_WHOLE not in line]
    tap.figure(f"discovery by {discovery}: {len(complaints) - len(wrong)} warnings of values that a first "
               "state on CAN does not have")
    tap.none("no other warning or error of Home Assistant than of the migration", wrong)


async def forget(bench):
    """A pack that was sold: it goes, and nothing else."""
    tap, ha = bench.tap, bench.ha
    await bench.stop_pipeline()
    before = await ha.registry()
    status, out = await bench.host.run("jk-mqtt", "--forget", VAN, f"127.0.0.1:{PORT}")
    tap.ok("--forget: exit 0", status == 0, out)
    gone = {key for key in before if key.startswith(f"jk_{VAN}_")}
    try:
        await ha.until("removed", 20, lambda: len(removed(bench)) >= len(gone) + 1)
    except TimeoutError:
        pass
    after = await ha.registry()
    tap.ok(f"its {len(gone)} entities are removed, and no others", before.keys() - after.keys() == gone,
           sorted((before.keys() - after.keys()) ^ gone))
    devices = (await ha.devices()).keys()
    tap.ok("its device, too", f"jk_{VAN}" not in devices and "jk_old" in devices, sorted(devices))
    tap.none("no warning or error of Home Assistant", ha.complaints())
