"""requirements.py COMPONENT...: what these components of Home Assistant, its entity platforms, and all that
they depend on need from PyPI.  It would install this at its first start, which then needs the network."""

import json
import pathlib
import sys

import homeassistant
from homeassistant.auth.mfa_modules import totp
from homeassistant.const import Platform

FOLDER = pathlib.Path(homeassistant.__file__).parent / "components"


def needed(names):
    seen, found = set(), set(totp.REQUIREMENTS)
    while names:
        name = names.pop()
        manifest = FOLDER / name / "manifest.json"
        if name not in seen and manifest.exists():
            seen.add(name)
            content = json.loads(manifest.read_text(encoding="utf-8"))
            found.update(content.get("requirements", []))
            names += content.get("dependencies", []) + content.get("after_dependencies", [])
    return found


print("\n".join(sorted(needed(sys.argv[1:] + [platform.value for platform in Platform]))))
