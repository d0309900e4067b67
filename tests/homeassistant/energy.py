"""jk-bank in Home Assistant: a pack that charges, one that discharges, and the bank of both in its Energy
dashboard; the score of packs and links."""

import json
import time
from datetime import datetime, timezone

PACKS = ((1, "north", 16, "15.41"), (2, "south", 16, "15.41"))
# What they are charged and discharged with, of the simulated bus.
CURRENT_A = {"north": 100, "south": -40}
DEVICES = ("north", "south", "bank_house")
ENERGY_CLASSES = {"device_class": "energy", "state_class": "total_increasing", "unit_of_measurement": "kWh"}
# A counter is that of its pack's last record, which may be 2 s old, of the 60 s from one message to the next.
PART_OF_ENERGY = 0.05
KWH_DIGITS = 0.0011  # it is shown with three


def energy(device, direction):
    return f"sensor.jk_{device}_{direction}_energy"


ENERGIES = [energy(device, direction) for device in DEVICES for direction in ("charged", "discharged")]
# The others are at 0 and stay there.
GROWING = [energy("north", "charged"), energy("south", "discharged"), energy("bank_house", "charged"),
           energy("bank_house", "discharged")]


def battery(device, to=None):
    return {"type": "battery", "stat_energy_from": energy(device, "discharged"),
            "stat_energy_to": to or energy(device, "charged")}


async def check(bench):
    tap = bench.tap
    ha = await bench.start_afresh("energy")
    since = time.time()
    # A link is offline when its counts, which come every 10 s, are older than this.
    await bench.start_pipeline(*(option for address, name, *_ in PACKS for option in
                                 ("--current", f"{address}:{CURRENT_A[name] * 1000}")),
                               packs=PACKS, sim=[f"{address}:{cells}" for address, _, cells, _ in PACKS],
                               label="North", timeout_s=30, lines=("bank house",))
    took = await bench.all_have_values(ENERGIES, 60)
    tap.within(f"each of {len(ENERGIES)} counters of energy has a value", took, 20)
    tap.none("they are energy, total_increasing, in kWh", [
        f"{entity}: {key} is {ha.attributes(entity).get(key)}" for entity in ENERGIES
        for key, value in ENERGY_CLASSES.items() if ha.attributes(entity).get(key) != value])
    await scores(bench)
    await packs_differ(bench)
    await grows(bench, since)
    await bank_restarts(bench)
    await statistics(bench, since)
    await dashboard(bench)
    tap.none("no warning or error of Home Assistant", ha.complaints())


async def packs_differ(bench):
    """What jk-bank reports once a day is an event entity of the bank."""
    tap, ha = bench.tap, bench.ha
    entity, words = "event.jk_bank_house_settings_differ", "max_charge_current: 100 (north), 80 (south)"
    bench.client.publish("jk/bank_house/event", json.dumps({"event": "differ", "words": words}))
    try:
        await ha.until("the event", 10, lambda: ha.attributes(entity).get("event_type") == "differ")
    except TimeoutError:
        pass
    tap.ok("settings that differ are an event of the bank", ha.attributes(entity).get("reason") == words,
           ha.states.get(entity))


async def scores(bench):
    """Of packs and of the link."""
    tap, ha = bench.tap, bench.ha
    devices = ("north", "south", "link_shed")
    await bench.all_have_values([f"sensor.jk_{device}_health_{kind}" for device in devices
                                 for kind in ("score", "state")], 60)

    def wrong():
        found = []
        for device in devices:
            sent = json.loads(bench.client.last(f"jk/{device}/score"))
            score, health = (f"sensor.jk_{device}_health_{kind}" for kind in ("score", "state"))
            if sent["score"] not in range(101) or ha.state(score) != str(sent["score"]):
                found.append(f"{score}: {ha.state(score)}, sent {sent}")
            if ha.state(health) != sent["health"] or ha.attributes(health).get("reason") != sent["reason"]:
                found.append(f"{health}: {ha.states[health]}, sent {sent}")
        return found

    try:
        await ha.until("the last score", 20, lambda: not wrong())
    except TimeoutError:
        pass
    tap.none("packs and the link have health and score, with the reason", wrong())
    tap.figure("scores: " + ", ".join(" ".join(
        [device, *(ha.state(f"sensor.jk_{device}_health_{kind}") for kind in ("score", "state"))])
        for device in devices))


def sent_energies(bench, device, since=0):
    topic = f"jk/{device}/energy"
    return [json.loads(m[2]) for m in bench.client.messages(topic, since) if m[1] == topic]


def is_shown(bench):
    """Home Assistant has taken the last counters."""
    return not bench.ha.without_value(ENERGIES) and all(
        abs(float(bench.ha.state(energy(device, direction))) -
            sent_energies(bench, device)[-1][f"{direction}_wh"] / 1000) < KWH_DIGITS
        for device in DEVICES for direction in ("charged", "discharged"))


async def grows(bench, since):
    """From one message to the next, by what the known current gives."""
    tap, ha = bench.tap, bench.ha
    await ha.until("energy, once a minute", 90, lambda: all(
        len(sent_energies(bench, device, since)) >= 2 for device in DEVICES))
    await ha.until("the last counters", 20, lambda: is_shown(bench))
    grown = {}
    for _, name, *_ in PACKS:
        first, last = sent_energies(bench, name, since)[:2]
        volts = [json.loads(m[2])["total_voltage"] for m in bench.client.messages(f"jk/{name}/live", since)]
        counted_s = last["time"] - first["time"] - (last["gap_seconds"] - first["gap_seconds"])
        should = CURRENT_A[name] * sum(volts) / len(volts) * counted_s / 3600
        direction, other = ("charged", "discharged") if should > 0 else ("discharged", "charged")
        grown[direction] = last[f"{direction}_wh"] - first[f"{direction}_wh"]
        tap.figure(f"{name}: {direction} {grown[direction]:.2f} Wh in {counted_s:.1f} s, "
                   f"of its current {abs(should):.2f} Wh")
        tap.ok(f"{name} is {direction} by its current", last[f"{other}_wh"] == 0 and
               abs(grown[direction] - abs(should)) < PART_OF_ENERGY * abs(should), first, last, should)
    first, last = sent_energies(bench, "bank_house", since)[:2]
    tap.none("the bank by the sum of its packs", [
        f"{direction}: {first}, {last}, {grown}" for direction, by in grown.items()
        if abs(last[f"{direction}_wh"] - first[f"{direction}_wh"] - by) > 0.01])


async def bank_restarts(bench):
    tap, ha = bench.tap, bench.ha
    before = {entity: float(ha.state(entity)) for entity in ENERGIES}
    since = time.time()
    await bench.host.service("-t", "bank")
    # It writes its counters at its end, and 10 s after its start.
    await ha.until("energy after a restart of jk-bank", 60, lambda: all(
        sent_energies(bench, device)[-1]["time"] > since + 5 for device in DEVICES))
    await ha.until("the last counters", 20, lambda: is_shown(bench))
    tap.none("restart of jk-bank: the counters go on", [
        f"{entity}: {ha.state(entity)}, before {value}" for entity, value in before.items()
        if not (float(ha.state(entity)) > value if entity in GROWING else float(ha.state(entity)) == value)])


def iso(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


async def statistics(bench, since):
    """The recorder's own sum, made from the states that it has seen, of periods of five minutes."""
    tap, ha = bench.tap, bench.ha
    await ha.call("jk_test", "compile")
    history = await ha.command("history/history_during_period", start_time=iso(since), entity_ids=ENERGIES,
                               minimal_response=True, no_attributes=True)
    values = {entity: [float(row["s"]) for row in history.get(entity, []) if row["s"][:1].isdigit()]
              for entity in ENERGIES}
    tap.none("no counter falls in Home Assistant's history", [
        f"{entity}: {seen}" for entity, seen in values.items() if seen != sorted(seen)])
    found = await ha.command("recorder/statistics_during_period", start_time=iso(since - 600),
                             statistic_ids=ENERGIES, period="5minute", types=["state", "sum"])
    wrong = []
    for entity in ENERGIES:
        rows, seen = found.get(entity, []), values[entity]
        grown = rows[-1]["sum"] if rows else None
        if grown is None or not seen or abs(grown - (seen[-1] - seen[0])) > KWH_DIGITS or (grown > 0) != (
                entity in GROWING):
            wrong.append(f"{entity}: {rows}, history {seen}")
    tap.none("the sum in its statistics has grown by as much as the counter", wrong)
    tap.figure("sums of statistics: " + ", ".join(
        f"{entity.removeprefix('sensor.jk_').removesuffix('_energy')} {found[entity][-1]['sum']} kWh"
        for entity in GROWING if found.get(entity)) +
        f", in {max(map(len, found.values()), default=0)} periods")
    faults = await ha.command("recorder/validate_statistics")
    tap.ok("recorder/validate_statistics has nothing to say", faults == {}, faults)


async def dashboard(bench):
    """Packs and bank as batteries of the Energy dashboard."""
    tap, ha = bench.tap, bench.ha

    async def issues(*batteries):
        await ha.command("energy/save_prefs", energy_sources=list(batteries))
        return [issue for sources in (await ha.command("energy/validate")).values() for one in sources
                for issue in one]

    tap.ok("energy/validate complains of a power as energy",
           await issues(battery("north", to="sensor.jk_north_power")))
    batteries = [battery(device) for device in DEVICES]
    tap.none(f"the Energy dashboard takes {len(batteries)} batteries, and energy/validate has no complaint",
             await issues(*batteries))
    kept = (await ha.command("energy/get_prefs"))["energy_sources"]
    tap.ok("and keeps them", kept == batteries, kept)
