"""What all parts of the test use: the broker, Home Assistant, a bus of three packs, the pipeline."""

import os
import shutil

from expected import Expected
from homeassistant import HomeAssistant
from host import Client, Host

PORT = 1883
# Address, name, cells, firmware; the last has no line in jk.conf.
PACKS = ((1, "south", 16, "15.41"), (2, "store", 8, "19.05"), (3, "bms_3", 16, "11.288H"))
SIM = ("1:16", "2:8:19", "3:16:11")
OLD, NEW = "sensor.jk_south_power", "sensor.power_of_the_house"  # a user renames it
LABEL = "Süd – Keller 1"
AREA = 'Keller "Süd"'
HERE = os.path.dirname(os.path.abspath(__file__))


class Bench:
    def __init__(self, tap, top, build, work):
        self.tap = tap
        self.host = Host(top, build, work)
        self.ha = HomeAssistant(PORT)
        self.expected = Expected("/host" + top)
        self.is_up = False
        self.entities = []  # those of three packs that have a value
        self.client = None

    @staticmethod
    def prepare(config):
        """The configuration of a new Home Assistant."""
        for name in ("configuration.yaml", "custom_components"):
            source = os.path.join(HERE, name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, f"{config}/{name}")
        with open(f"{config}/automations.yaml", "w", encoding="ascii") as f:
            f.write("[]\n")

    async def begin(self):
        """An empty broker and a new Home Assistant."""
        self.prepare("/cfg")
        await self.begin_broker()
        await self.ha.start()

    async def begin_broker(self):
        await self.host.start_broker(PORT)
        self.client = Client(PORT, "#")

    async def start_afresh(self, name):
        """A Home Assistant of its own in /cfg/NAME, and an empty broker."""
        if self.client:
            await self.stop_pipeline()
            if self.ha.process:
                await self.ha.stop()
            await self.host.restart_broker(False)
        else:
            await self.begin_broker()
        config = f"/cfg/{name}"
        os.makedirs(config, exist_ok=True)
        self.prepare(config)
        self.ha = HomeAssistant(PORT, config)
        await self.ha.start()
        return self.ha

    async def end(self):
        if self.ha.reader:
            await self.ha.stop()
        await self.host.stop_tree()
        for name in list(self.host.processes):
            await self.host.end(name)

    async def start_pipeline(self, *options, packs=PACKS, sim=SIM, label=LABEL, broker="", timeout_s=10,
                             lines=()):
        """The simulated bus and the tree of jk-service; a pack is offline after this time."""
        port = await self.host.sim(*options, *sim)
        addresses = ",".join(str(pack[0]) for pack in packs)
        area = AREA.replace('"', '\\"')
        named = [f"pack shed:{address} {name}" + (f' "{label}" area "{area}"' if address == 1 else "")
                 for address, name, *_ in packs if not name.startswith("bms_")]
        self.host.configure(f"bus shed tcp:127.0.0.1:{port} poll {addresses}", *named,
                            f"broker 127.0.0.1:{PORT} timeout {timeout_s} {broker}", "commands yes", *lines)
        await self.host.start_tree()

    async def stop_pipeline(self):
        await self.host.stop_tree()
        await self.host.end("sim")

    def of_packs(self, packs=PACKS):
        """All that Home Assistant must show."""
        found = self.expected.bridge()
        for _, name, cells, software in packs:
            found.update(self.expected.pack(name, cells, software))
        if self.entities:  # it has been renamed
            found["jk_south_power"]["entity_id"] = NEW
        return found

    def enabled(self, packs=PACKS, bridge=True):
        """Entity ids.  An event has no state before the first one."""
        found = self.of_packs(packs) if bridge else {
            key: entity for key, entity in self.of_packs(packs).items() if "_bridge_" not in key}
        return sorted(entity["entity_id"] for entity in found.values()
                      if not entity["disabled"] and entity["domain"] != "event")

    async def all_have_values(self, entities, limit_s):
        """The seconds until then."""
        try:
            return await self.ha.until("values", limit_s, lambda: not self.ha.without_value(entities))
        except TimeoutError:
            raise TimeoutError(f"no value after {limit_s} s: {self.ha.without_value(entities)}") from None
