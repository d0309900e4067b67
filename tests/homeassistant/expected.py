"""What Home Assistant must show of a pack: made from the sheets of common/protocol, and from nothing of the
programs.  The rules of which rows a pack on RS485 has are those of jk-mqtt(1)."""

import csv
import json
import re
from decimal import Decimal

OF_PACK = ("live", "settings", "about", "availability", "result")  # without jk-bank
NO_UNIT = ("", "bool", "enum", "bitmask", "depends")
SETTABLE = ("number", "switch", "select")
WRAPS_ON_CAN = "total_charging_cycle_capacity"  # 16 bits of 0.1 Ah: no counter for statistics
COMPUTED_ON_CAN = {"power", "delta_cell_voltage", "last_update", "frame_error_count"}
READ_ONLY = {"number": "sensor", "switch": "binary_sensor", "select": "sensor"}


def sheet(top, name):
    with open(f"{top}/common/protocol/{name}.tsv", encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def number(text):
    return float(Decimal(text))


def is_of_firmware(wanted, software):
    """15.41 has what came with 15.41, 11.288H not."""
    return not wanted or [int(n) for n in re.findall(r"\d+", software)] >= [int(n) for n in wanted.split(".")]


class Expected:
    def __init__(self, top):
        self.rows = sheet(top, "entities")
        self.fields = {(name, row["key"]): row
                       for name in ("live", "settings", "about") for row in sheet(top, name)}
        self.texts = {}
        for row in sheet(top, "enums"):
            self.texts.setdefault(row["enum"], []).append(row["text"])
        self.can = sheet(top, "can")
        for row in self.can:
            if row["texts"]:
                self.fields.setdefault(("live", row["key"]), row)
        self.alarms = [row for row in sheet(top, "alarms") if row["source"] == "rs485"]

    def pack(self, name, cells, software, commands=True, prefix="jk"):
        """By their unique ids, the entities of a pack with this name, number of cells and firmware."""
        found = {}
        for row in self.rows:
            if self._has(row, cells, software, commands):
                found[f"{prefix}_{name}_{row['key']}"] = self._entity(row, f"{prefix}_{name}", commands)
        for alarm in self.alarms:
            key = f"{prefix}_{name}_alarm_{alarm['key']}"
            found[key] = dict(NOTHING, domain="binary_sensor", entity_id=f"binary_sensor.{key}",
                              name=alarm["text"], device_class="problem", category="diagnostic",
                              disabled=True)
        return found

    def can_pack(self, name, cells, prefix="jk"):
        """The same of a pack on CAN alone, while it has no alarm: nothing of it can be set."""
        keys = {row["key"] for row in self.can if row["key"] and "only" not in row["cycle_ms"]}
        keys |= COMPUTED_ON_CAN
        found = {}
        for row in self.rows:
            is_value = row["state"] == "live" and keys & {row["key"], row["member"]}
            is_cell = row["cell"] and row["array"] == "cell_voltages" and int(row["cell"]) <= cells
            if row["state"] == "availability" or is_cell or (is_value and not row["cell"]):
                found[f"{prefix}_{name}_{row['key']}"] = self._entity(row, f"{prefix}_{name}", False)
        found[f"{prefix}_{name}_{WRAPS_ON_CAN}"]["state_class"] = ""
        return found

    def bridge(self, prefix="jk"):
        return {f"{prefix}_bridge_{row['key']}": self._entity(row, f"{prefix}_bridge", False)
                for row in self.rows if row["state"] == "bridge"}

    def _has(self, row, cells, software, commands):
        if row["state"] not in OF_PACK or "can 0x" in row["source"]:
            return False
        if row["platform"] == "event" and not commands:
            return False
        field = self._field(row)
        if row["cell"] and int(row["cell"]) > cells:
            return False
        return not field or (field["on_request"] != "y" and
                             is_of_firmware(field.get("firmware", ""), software))

    def _field(self, row):
        return self.fields.get((row["state"], row["field"] or row["key"]))

    def _entity(self, row, device, commands):
        field = self._field(row)
        domain, category = row["platform"], row["entity_category"]
        settable = domain in SETTABLE and commands and field["writable"] == "y" and field["dangerous"] != "y"
        if domain in SETTABLE and not settable:
            domain = READ_ONLY[domain]
            category = "diagnostic" if category == "config" else category
        texts = self.texts.get(field["texts"], []) if field and field["texts"] else []
        is_enum = domain == "sensor" and bool(
            row["options"] or (texts and (row["device_class"] or row["platform"] == "select")))
        entity = dict(NOTHING, domain=domain, entity_id=f"{domain}.{device}_{row['key']}", name=row["name"],
                      device_class="enum" if is_enum else row["device_class"], category=category,
                      icon=row["icon"], disabled=row["enabled_by_default"] == "no")
        if domain in ("sensor", "number") and not is_enum:
            unit = field["unit"] if field and not row["member"] and not row["field"] else row["unit"]
            entity["unit"] = {"ohm": "Ω"}.get(unit, "" if unit in NO_UNIT else unit)
        if domain == "sensor":
            entity["state_class"] = row["state_class"]
            entity["precision"] = int(row["precision"]) if row["precision"] else None
        if is_enum:
            entity["options"] = json.loads(row["options"]) if row["options"] else texts + ["Unknown"]
        if domain == "select":
            entity["options"] = texts
        if domain == "event":
            entity["options"] = json.loads(row["options"])
        if domain == "number":
            entity["bounds"] = [number(field["min"]), number(field["max"]), max(number(field["step"]), .001)]
        return entity


NOTHING = {"domain": "", "entity_id": "", "name": "", "device_class": "", "state_class": "", "unit": "",
           "category": "", "icon": "", "precision": None, "options": None, "bounds": None, "disabled": False}


def shown(entry):
    """The same of an entry of Home Assistant's registry, as it stores it."""
    capabilities = entry["capabilities"] or {}
    domain = entry["entity_id"].split(".")[0]
    found = dict(NOTHING, domain=domain, entity_id=entry["entity_id"], name=entry["original_name"],
                 device_class=entry["original_device_class"] or "", unit=entry["unit_of_measurement"] or "",
                 category=entry["entity_category"] or "", icon=entry["original_icon"] or "",
                 state_class=capabilities.get("state_class") or "",
                 options=capabilities.get("event_types", capabilities.get("options")),
                 precision=(entry["options"].get("sensor") or {}).get("suggested_display_precision"),
                 disabled=entry["disabled_by"] is not None)
    if domain == "number":
        found["bounds"] = [capabilities[name] for name in ("min", "max", "step")]
    return found


def differences(expected, entries):
    """In words, one line each."""
    # The precision is stored with the first state, which a disabled entity has not.
    wrong = [f"{key} is missing" for key in expected.keys() - entries.keys()]
    wrong += [f"{key} should not be there" for key in entries.keys() - expected.keys()]
    for key in sorted(expected.keys() & entries.keys()):
        is_shown = shown(entries[key])
        wrong += [f"{key}: {column} is {is_shown[column]!r}, not {value!r}"
                  for column, value in expected[key].items() if is_shown[column] != value
                  and not (column == "precision" and is_shown["disabled"])]
    return sorted(wrong)
