"""Fifteen packs on one bus."""

from bench import PACKS, SIM
from expected import differences

MORE = tuple((n, f"bms_{n}", 16, "15.41") for n in range(4, 16))


async def check(bench):
    tap, ha = bench.tap, bench.ha
    await bench.stop_pipeline()
    packs = PACKS + MORE
    await bench.start_pipeline("--silence", "2@USR1", packs=packs,
                               sim=SIM + tuple(f"{pack[0]}:16" for pack in MORE))
    missing = {entity for entity in bench.enabled() if entity not in bench.entities}
    entities = [entity for entity in bench.enabled(packs) if entity not in missing]
    took = await bench.all_have_values(entities, 90)
    tap.within(f"15 packs: each of {len(entities)} enabled entities has a value", took, 30)
    tap.none("no warning or error of Home Assistant", ha.complaints())
    await ha.stop()
    tap.none("15 packs: all entities are as the sheets say",
             differences(bench.of_packs(packs), ha.stored_entities()))
    tap.figure(f"15 packs: {len(ha.stored_entities())} entities with those that are disabled")
    await ha.start()
    took = await bench.all_have_values(entities, 60)
    tap.within("15 packs: after a start of Home Assistant values are back", took, 10)
    tap.none("no warning or error at its start", ha.complaints())
