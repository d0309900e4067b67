"""Settings by service calls: confirmed by the simulated pack, refused by Home Assistant, rejected by us."""

import json

from homeassistant import Refused

CONFIRMED_S = 20


def written(bench, address, register):
    """The value of the last write to this register that the simulated pack has received."""
    found = None
    for line in bench.host.read("sim.json").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # still being written
        if entry.get("what") == "request" and entry["hex"].startswith(f"{address:02X}10{register:04X}"):
            found = int(entry["hex"][14:-4], 16)
    return found


async def confirmed(bench, name, domain, service, entity, state, address, register, sent, **data):
    ha = bench.ha
    await ha.call(domain, service, entity, **data)
    try:
        took = await ha.until("confirmed", CONFIRMED_S, lambda: ha.state(entity) == state)
    except TimeoutError:
        took = None
    is_written = written(bench, address, register)
    bench.tap.ok(name, took is not None and is_written == sent,
                 f"state {ha.state(entity)}, not {state}; written {is_written}, not {sent}")
    if took is not None:
        bench.tap.figure(f"{name}: shown after {took:.1f} s")


async def check(bench):
    tap, ha = bench.tap, bench.ha
    await confirmed(bench, "a switch is confirmed", "switch", "turn_off", "switch.jk_south_charging_switch",
                    "off", 1, 0x1070, 0)
    await confirmed(bench, "a number is confirmed", "number", "set_value",
                    "number.jk_store_balance_trigger_voltage", "0.008", 2, 0x1014, 8, value=0.008)
    await confirmed(bench, "the switch is on again", "switch", "turn_on", "switch.jk_south_charging_switch",
                    "on", 1, 0x1070, 1)
    await events(bench, "confirmed", "charging_switch", "event.jk_south_setting")

    sets = len(bench.client.messages("jk/store/set/"))
    try:
        await ha.call("number", "set_value", "number.jk_store_balance_trigger_voltage", value=5)
        refused = ""
    except Refused as why:
        refused = str(why)
    tap.ok("a value out of bounds is refused by Home Assistant", "5" in refused, refused)
    tap.ok("and not sent", len(bench.client.messages("jk/store/set/")) == sets)

    # The recovery must stay below the protection.
    entity = "number.jk_store_cell_voltage_overvoltage_recovery"
    if entity not in ha.states:
        entity = "number.jk_store_cell_undervoltage_protection_recovery"
    before = ha.state(entity)
    await broken_rule(bench, entity, before)
    tap.none("no warning or error of Home Assistant", ha.complaints())


async def broken_rule(bench, entity, before):
    """A value within its bounds that contradicts another setting."""
    tap, ha = bench.tap, bench.ha
    key = entity.removeprefix("number.jk_store_")
    await ha.call("number", "set_value", entity, value=ha.attributes(entity)["max"])
    topic = f"jk/store/result/{key}"
    await ha.until("a result", 20, lambda: bench.client.last(topic))
    result = json.loads(bench.client.last(topic))
    tap.ok("a value that breaks a rule is rejected", result["result"] == "rejected" and result["why"], result)
    await ha.until("the old value", 20, lambda: ha.state(entity) == before)
    tap.ok("and the value stays what it is", ha.state(entity) == before, ha.state(entity))
    await events(bench, "rejected", key, "event.jk_store_setting")


async def events(bench, kind, key, entity):
    """The event entity shows what became of it."""
    tap, ha = bench.tap, bench.ha

    def shown():
        attributes = ha.attributes(entity)
        return attributes.get("event_type") == kind and attributes.get("key") == key

    try:
        await ha.until(f"{kind} in {entity}", 10, shown)
    except TimeoutError:
        pass
    tap.ok(f"an event reports it: {kind}", shown(), ha.states.get(entity))
    if kind != "confirmed":
        tap.ok("with the reason", bool(ha.attributes(entity).get("reason")), ha.attributes(entity))
