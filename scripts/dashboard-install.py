"""dashboard-install.py registry|save URL TOKEN_FILE [PATH TITLE]: what jk-dashboard asks of Home Assistant,
by its web socket.

registry: prints, as JSON, the entities and devices of MQTT.
save: writes the dashboard on stdin to PATH, which it makes if there is none.  A dashboard that is there
and is not one of jk-dashboard's stays as it is.

Exit status: that of jk-dashboard."""

import json
import sys

MARK = "jk_dashboard"  # a member of the dashboards that jk-dashboard makes
ICON = "mdi:home-battery"
TIMEOUT_S = 30


class Failed(Exception):
    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


try:
    import websocket
except ImportError:
    websocket = None


class HomeAssistant:
    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.number = 0
        address = "ws" + self.url[len("http"):] + "/api/websocket"
        try:
            # A proxy is for the internet, and Home Assistant is in the house.
            self.socket = websocket.create_connection(address, timeout=TIMEOUT_S, http_no_proxy=["*"])
        except websocket.WebSocketBadStatusException as wrong:
            raise Failed(111, f"{self.url}: this is not Home Assistant: HTTP {wrong.status_code}") from None
        except (OSError, ValueError, websocket.WebSocketException) as wrong:
            raise Failed(111, f"{self.url}: cannot connect: {wrong}") from None
        if self.receive().get("type") != "auth_required":
            raise Failed(111, f"{self.url}: this is not Home Assistant")
        self.send({"type": "auth", "access_token": token})
        if self.receive().get("type") != "auth_ok":
            raise Failed(100, f"{self.url}: Home Assistant refuses the token")

    def send(self, message):
        try:
            self.socket.send(json.dumps(message))
        except (OSError, websocket.WebSocketException) as wrong:
            raise Failed(111, f"{self.url}: the connection is lost: {wrong}") from None

    def receive(self):
        try:
            message = json.loads(self.socket.recv())
        except (OSError, websocket.WebSocketException) as wrong:
            raise Failed(111, f"{self.url}: no answer: {wrong}") from None
        except ValueError:
            raise Failed(111, f"{self.url}: this is not Home Assistant") from None
        if not isinstance(message, dict):
            raise Failed(111, f"{self.url}: this is not Home Assistant")
        return message

    def ask(self, kind, **fields):
        """The result, and None, or None and the error."""
        self.number += 1
        self.send(dict(fields, id=self.number, type=kind))
        while True:
            answer = self.receive()
            if answer.get("id") == self.number and answer.get("type") == "result":
                break
        if answer.get("success"):
            return answer.get("result"), None
        return None, answer.get("error") or {}

    def result(self, kind, **fields):
        result, error = self.ask(kind, **fields)
        if error is not None:
            words = error.get("message") or error.get("code") or "no reason"
            if error.get("code") == "unauthorized":
                words = "the token is not of an administrator"
            raise Failed(1, f"{self.url}: Home Assistant refuses {kind}: {words}")
        return result


def registry(home):
    entities = {}
    for entry in home.result("config/entity_registry/list"):
        if entry["platform"] == "mqtt":
            domain = entry["entity_id"].split(".")[0]
            entities[f"{domain}.{entry['unique_id']}"] = {
                "entity_id": entry["entity_id"], "name": entry.get("name"),
                "disabled": entry.get("disabled_by") is not None}
    devices = {}
    for device in home.result("config/device_registry/list"):
        for identifier in device["identifiers"]:
            if identifier[0] == "mqtt":
                devices[identifier[1]] = device.get("name_by_user") or device.get("name")
    print(json.dumps({"entities": entities, "devices": devices}))


def is_ours(home, path, there, title):
    """That of an earlier run; or what an earlier run has made, but not filled before it was interrupted."""
    config, error = home.ask("lovelace/config", url_path=path)
    if error is None:
        return isinstance(config, dict) and MARK in config, config
    if error.get("code") == "config_not_found":
        return there.get("title") == title and there.get("icon") == ICON, None
    raise Failed(1, f"{home.url}: Home Assistant refuses lovelace/config: {error.get('message')}")


def save(home, path, title):
    dashboard = json.load(sys.stdin)
    there = [one for one in home.result("lovelace/dashboards/list") if one.get("url_path") == path]
    old = None
    if there:
        ours = there[0].get("mode") == "storage"
        if ours:
            ours, old = is_ours(home, path, there[0], title)
        if not ours:
            raise Failed(1, f"{home.url}/{path}: this dashboard is not one of jk-dashboard: it stays as it "
                         "is; choose another --path")
        if there[0].get("title") != title:
            home.result("lovelace/dashboards/update", dashboard_id=there[0]["id"], title=title)
    else:
        home.result("lovelace/dashboards/create", url_path=path, title=title, icon=ICON,
                    show_in_sidebar=True, require_admin=False)
    if old == dashboard:
        print(f"{home.url}/{path}: is up to date")
        return
    home.result("lovelace/config/save", url_path=path, config=dashboard)
    print(f"{home.url}/{path}: {'updated' if there else 'made'}")


def main(verb, url, token_file, *words):
    if websocket is None:
        raise Failed(111, "--install needs the package python3-websocket")
    with open(token_file, encoding="ascii") as f:
        home = HomeAssistant(url, f.readline().strip())
    {"registry": registry, "save": save}[verb](home, *words)


try:
    main(*sys.argv[1:])
except Failed as failed:
    line = "".join(c if c.isprintable() else "?" for c in str(failed))
    print(f"jk-dashboard: {line[:300]}", file=sys.stderr)
    sys.exit(failed.status)
except (KeyError, IndexError, TypeError, AttributeError):
    print("jk-dashboard: Home Assistant's answer is not understood", file=sys.stderr)
    sys.exit(111)
