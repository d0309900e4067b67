"""One Home Assistant: its process, its web socket, the states and registries that it shows."""

import asyncio
import json
import os
import re
import signal
import time

import aiohttp

from tap import room

BASE = "http://127.0.0.1:8123"
CONFIG = "/cfg"
NO_VALUE = ("unavailable", "unknown")


class Refused(Exception):
    """It refused a command."""


class HomeAssistant:
    def __init__(self, broker_port, config=CONFIG):
        self.broker_port = broker_port
        self.config = config
        self.process = self.session = self.socket = self.reader = None
        self.states = {}
        self.events = []  # of the registries: type, data
        self.changed = asyncio.Event()
        self.pending = {}
        self.number = 0
        self.log_marks = 0

    # ---- the process ----

    async def start(self):
        """Until it runs and its states are here."""
        self.log_file = open(os.path.join(self.config, "test.log"), "ab")
        self.process = await asyncio.create_subprocess_exec(
            "/ha/bin/hass", "--skip-pip", "-c", self.config, stdin=asyncio.subprocess.DEVNULL,
            stdout=self.log_file, stderr=asyncio.subprocess.STDOUT, env=dict(os.environ, HOME="/root"))
        self.session = aiohttp.ClientSession()
        token_file = os.path.join(self.config, "token")
        while True:
            if self.process.returncode is not None:
                raise RuntimeError(f"Home Assistant has ended with {self.process.returncode}")
            try:
                async with self.session.get(BASE + "/api/onboarding") as answer:
                    if answer.status in (200, 404):
                        break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
        if not os.path.exists(token_file):
            await self._onboard(token_file)
        with open(token_file, encoding="ascii") as f:
            self.token = f.read()
        await self._connect()
        while (await self.command("get_config"))["state"] != "RUNNING":
            await asyncio.sleep(0.1)
        await self.refresh()

    async def stop(self):
        """As the system stops it: it writes its registries."""
        await self._disconnect()
        self.process.send_signal(signal.SIGTERM)
        await self.process.wait()
        await self.session.close()
        self.log_file.close()
        self.process = None

    async def restart(self):
        await self.stop()
        await self.start()

    # ---- the account and the integration ----

    async def _post(self, path, token=None, **body):
        headers = {"Authorization": "Bearer " + token} if token else None
        async with self.session.post(BASE + path, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise Refused(f"{path}: {answer.status} {text}")
            return json.loads(text) if text else None

    async def _onboard(self, token_file):
        client = BASE + "/"
        user = await self._post("/api/onboarding/users", client_id=client, name="Test", username="test",
                                password="only-for-tests", language="en")
        form = {"grant_type": "authorization_code", "code": user["auth_code"], "client_id": client}
        async with self.session.post(BASE + "/auth/token", data=form) as answer:
            short = (await answer.json())["access_token"]
        for step in ("core_config", "analytics"):
            await self._post("/api/onboarding/" + step, short)
        await self._post("/api/onboarding/integration", short, client_id=client, redirect_uri=client)
        self.token = short
        await self._connect()
        token = await self.command("auth/long_lived_access_token", client_name="test", lifespan=365)
        await self._disconnect()
        with open(token_file, "w", encoding="ascii") as f:
            f.write(token)
        flow = await self._post("/api/config/config_entries/flow", token, handler="mqtt",
                                show_advanced_options=False)
        done = await self._post("/api/config/config_entries/flow/" + flow["flow_id"], token,
                                broker="127.0.0.1", port=self.broker_port,
                                other_settings={"set_client_cert": False, "set_ca_cert": "off"})
        if done.get("type") != "create_entry":
            raise Refused(str(done))

    async def post(self, path, **body):
        return await self._post(path, self.token, **body)

    # ---- the web socket ----

    async def _connect(self):
        self.socket = await self.session.ws_connect(BASE + "/api/websocket", max_msg_size=0)
        await self.socket.receive_json()
        await self.socket.send_json({"type": "auth", "access_token": self.token})
        answer = await self.socket.receive_json()
        if answer["type"] != "auth_ok":
            raise Refused(str(answer))
        self.number = 0
        self.reader = asyncio.create_task(self._read())
        for event in ("state_changed", "entity_registry_updated", "device_registry_updated"):
            await self.command("subscribe_events", event_type=event)

    async def _disconnect(self):
        self.reader.cancel()
        await self.socket.close()

    async def _read(self):
        async for message in self.socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            self._take(json.loads(message.data))
        for future in self.pending.values():
            future.cancel()

    def _take(self, message):
        if message["type"] == "result":
            future = self.pending.pop(message["id"], None)
            if future and not future.done():
                future.set_result(message)
        elif message["type"] == "event":
            event = message["event"]
            if event["event_type"] == "state_changed":
                new = event["data"]["new_state"]
                if new:
                    self.states[new["entity_id"]] = new
                else:
                    self.states.pop(event["data"]["entity_id"], None)
            else:
                self.events.append((event["event_type"], event["data"]))
            self.changed.set()

    async def command(self, kind, **fields):
        self.number += 1
        future = self.pending[self.number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json(dict(fields, id=self.number, type=kind))
        answer = await future
        if not answer["success"]:
            raise Refused(answer["error"]["message"])
        return answer["result"]

    async def refresh(self):
        self.states = {state["entity_id"]: state for state in await self.command("get_states")}

    async def call(self, domain, service, entity=None, **data):
        fields = {"target": {"entity_id": entity}} if entity else {}
        return await self.command("call_service", domain=domain, service=service, service_data=data, **fields)

    async def until(self, what, limit_s, is_true):
        """Waits until it is true, and returns the seconds that this took."""
        begin = time.monotonic()
        limit_s *= room()
        while not is_true():
            self.changed.clear()
            left = begin + limit_s - time.monotonic()
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 0.5))
            except TimeoutError:
                if left <= 0.5:
                    raise TimeoutError(f"waited for {limit_s:.0f} s: {what}") from None
        return time.monotonic() - begin

    # ---- what it shows ----

    def state(self, entity):
        return self.states.get(entity, {}).get("state", "absent")

    def attributes(self, entity):
        return self.states.get(entity, {}).get("attributes", {})

    def without_value(self, entities):
        return [entity for entity in entities if self.state(entity) in NO_VALUE + ("absent",)]

    async def registry(self):
        """The entities of MQTT, enabled or not, by their unique id."""
        entries = await self.command("config/entity_registry/list")
        return {entry["unique_id"]: entry for entry in entries if entry["platform"] == "mqtt"}

    async def devices(self):
        return {tuple(device["identifiers"][0])[1]: device
                for device in await self.command("config/device_registry/list") if device["identifiers"]}

    def stored(self, name):
        """What it has written of a registry when it stopped: more than it shows on the web socket."""
        with open(f"{self.config}/.storage/core.{name}", encoding="utf-8") as f:
            return json.load(f)["data"]

    def stored_entities(self):
        return {entry["unique_id"]: entry for entry in self.stored("entity_registry")["entities"]
                if entry["platform"] == "mqtt"}

    # ---- its log ----

    def complaints(self, excused=None):
        """Warnings and errors of MQTT and of the platforms since the last look, but those that match."""
        with open(os.path.join(self.config, "test.log"), encoding="utf-8", errors="replace") as f:
            f.seek(self.log_marks)
            text = f.read()
            self.log_marks = f.tell()
        wrong = []
        # A client that gets no processor for ten seconds.
        late = r"No ACK from MQTT server|took [\d.]+ seconds" if room() > 2 else None
        for line in text.splitlines():
            line = re.sub(r"\x1b\[[0-9;]*m", "", line)
            level = re.search(r"(WARNING|ERROR|CRITICAL) \(\w+\) \[(homeassistant\.[\w.]+)\] (.*)", line)
            if level and COMPLAINANTS.match(level[2]) and not any(
                    pattern and re.search(pattern, level[3]) for pattern in (excused, late)):
                wrong.append(f"{level[1]} {level[2]}: {level[3]}")
        return wrong


COMPLAINANTS = re.compile(
    r"homeassistant\.(components\.(mqtt|sensor|binary_sensor|number|switch|select|event|recorder|automation"
    r"|blueprint)|helpers\.(entity|template|script|event|service|condition|trigger)|util\.(json|dt|yaml))\b")
