"""The two blueprints of share/homeassistant, imported and used; a registered phone gets the messages."""

import os

import aiohttp.web

PHONE_PORT = 8099
FOLDER = "share/homeassistant"


class Phone:
    """The service that passes messages to a phone; what arrives is in messages."""

    def __init__(self, ha):
        self.ha = ha
        self.messages = []

    async def _push(self, request):
        self.messages.append(await request.json())
        self.ha.changed.set()
        return aiohttp.web.json_response({"rateLimits": {
            "successful": 1, "errors": 0, "total": 1, "maximum": 500, "remaining": 499,
            "resetsAt": "2100-01-01T00:00:00.000Z"}}, status=201)

    async def begin(self):
        app = aiohttp.web.Application()
        app.router.add_post("/push", self._push)
        self.runner = aiohttp.web.AppRunner(app)
        await self.runner.setup()
        await aiohttp.web.TCPSite(self.runner, "127.0.0.1", PHONE_PORT).start()
        await self.ha.post("/api/mobile_app/registrations", app_id="test", app_name="Test", app_version="1",
                           device_name="Phone", manufacturer="Test", model="Test", os_name="Test",
                           os_version="1", device_id="phone", supports_encryption=False,
                           app_data={"push_token": "token",
                                     "push_url": f"http://127.0.0.1:{PHONE_PORT}/push"})
        for entry in await self.ha.command("config/device_registry/list"):
            if entry["name"] == "Phone":
                return entry["id"]
        raise RuntimeError("no phone")

    def texts(self):
        return [f"{m.get('title')}|{m['message']}" for m in self.messages]

    async def end(self):
        await self.runner.cleanup()


async def imported(bench, name):
    """As its dialog does with the text of a file."""
    path = f"/host{bench.host.top}/{FOLDER}/{name}.yaml"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    await bench.ha.command("blueprint/save", domain="automation", path=f"jk/{name}", yaml=text)
    shown = await bench.ha.command("blueprint/list", domain="automation")
    found = shown.get(f"jk/{name}.yaml", {})
    bench.tap.ok(f"{name} is imported", "metadata" in found, found)


async def automation(bench, number, blueprint, **inputs):
    await bench.ha.post(f"/api/config/automation/config/{number}", alias=f"test {number}",
                        use_blueprint={"path": f"jk/{blueprint}.yaml", "input": inputs})
    await bench.ha.until("an automation", 20, lambda: any(
        state["attributes"].get("id") == str(number) and state["state"] == "on"
        for state in list(bench.ha.states.values())))


async def check(bench):
    tap, ha = bench.tap, bench.ha
    phone = Phone(ha)
    device = await phone.begin()
    packs = await ha.devices()
    for name in sorted(os.listdir(f"/host{bench.host.top}/{FOLDER}")):
        await imported(bench, name.removesuffix(".yaml"))
    # All alarms; those of one pack; critical ones.
    await automation(bench, 1, "jk-alarm", phone=device)
    await alarms(bench, phone, packs)
    await ha.call("automation", "turn_off", "automation.test_1")
    await automation(bench, 2, "jk-alarm", phone=device, packs=[packs["jk_store"]["id"]],
                     severities=["critical"], cleared=False)
    await chosen(bench, phone)
    await ha.call("automation", "turn_off", "automation.test_2")
    await automation(bench, 3, "jk-offline", phone=device, minutes=0.05,
                     packs=["binary_sensor.jk_store_online_status", "binary_sensor.jk_south_online_status"])
    await offline(bench, phone)
    await ha.call("automation", "turn_off", "automation.test_3")
    await phone.end()
    tap.none("no warning or error of Home Assistant", ha.complaints())


async def arrives(bench, phone, name, text):
    try:
        await bench.ha.until(text, 60, lambda: text in phone.texts())
    except TimeoutError:
        pass
    bench.tap.ok(name, text in phone.texts(), *phone.texts())


def alarm(bench, pack, key, text, severity, active):
    """As jk-mqtt publishes it."""
    bench.client.publish(f"jk/{pack}/alarm", (
        '{"time":1763856000.000000,"channel":"shed","bms":2,"type":"alarm","key":"%s","severity":"%s",'
        '"text":"%s","active":%s,"since":1763856000.000000}') % (key, severity, text, str(active).lower()))


async def alarms(bench, phone, packs):
    """Of the simulated pack: the whole way."""
    await bench.host.end("sim")
    await bench.stop_pipeline()
    await bench.start_pipeline("--silence", "2@USR1", "--alarm", "1:10@0-15", "--current", "3:0")
    label = packs["jk_south"]["name_by_user"] or packs["jk_south"]["name"]
    severity = next(row["severity"] for row in bench.expected.alarms if row["key"] == "cell_overvoltage")
    text = next(row["text"] for row in bench.expected.alarms if row["key"] == "cell_overvoltage")
    await arrives(bench, phone, "a message that an alarm is raised", f"{label}|{text}: {severity} raised")
    await arrives(bench, phone, "and that it is cleared", f"{label}|{text}: {severity} cleared")
    tags = {m["data"]["tag"] for m in phone.messages if label in m["title"] and text in m["message"]}
    bench.tap.ok("which takes the place of the first", len(tags) == 1, tags)


async def chosen(bench, phone):
    """Of severities and packs that were not chosen there is no message."""
    phone.messages.clear()
    alarm(bench, "store", "one", "One", "warning", True)
    alarm(bench, "south", "two", "Two", "critical", True)
    alarm(bench, "store", "three", "Three", "critical", False)
    alarm(bench, "store", "four", "Four", "critical", True)
    await arrives(bench, phone, "an alarm that was chosen", "store|Four: critical raised")
    bench.tap.ok("and no other", len(phone.messages) == 1, *phone.texts())


async def offline(bench, phone):
    phone.messages.clear()
    bench.host.switch()
    await arrives(bench, phone, "a message that a pack is offline", "store|The battery pack is offline.")
    bench.host.switch()
    await arrives(bench, phone, "and that it is online again", "store|Online again.")
    bench.tap.ok("of this pack only", len(phone.messages) == 2, *phone.texts())
    phone.messages.clear()
    await bench.host.stop_tree()
    gone = "JK bridge|jk-mqtt or the broker is offline: no battery pack is watched."
    await arrives(bench, phone, "a message that the bridge is offline", gone)
    await bench.host.start_tree()
    await arrives(bench, phone, "and that it is online again", "JK bridge|Online again.")
    await bench.all_have_values([e for e in bench.enabled() if "_store_" in e and "sensor_5" not in e], 60)
    bench.tap.ok("one message for the bridge, none for the packs", len(phone.messages) == 2, *phone.texts())


