"""Why a charger, a car or another device does what it does: what `hearth why` prints.

See docs/why.md. Powers in kW, keys in camelCase; null = unknown.
"""

from typing import Any

from agent.bridges import belief, status_rules
from agent.bridges.cars import pair_of
from agent.bridges.status import action_document, device_document, entry_document
from agent.bridges.wire import instant
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingMode
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind

VERSION = 1
ENTRIES = 10


class NoSuchDevice(Exception):
    """Nothing is called so; the message says what there is."""


def find(word: str, picture: Picture, *kinds: DeviceKind) -> DeviceInfo:
    """The device with that id, or else with that name, in whatever case.

    Args:
        kinds: those that make sense; none = all.

    Raises:
        NoSuchDevice
    """
    there = [info for info in picture.devices if not kinds or info.kind in kinds]
    plain = word.strip().casefold()
    for key in (lambda i: i.id == word, lambda i: plain in (i.id.casefold(), i.name.casefold())):
        found = [info for info in there if key(info)]
        if len(found) == 1:
            return found[0]
    known = ", ".join(info.id for info in there) or "none"
    what = " or ".join(kind.value for kind in kinds) or "device"
    raise NoSuchDevice(f"no {what} is called {word}; known: {known}")


def document(word: str, picture: Picture) -> dict[str, Any]:
    """
    Raises:
        NoSuchDevice
    """
    info = find(word, picture)
    partner = _partner(info, picture)
    both = {info.id} if partner is None else {info.id, partner}
    device = device_document(info, picture)
    steered = None if partner is None or info.kind is not DeviceKind.VEHICLE else partner
    return {
        "version": VERSION,
        "at": instant(picture.now.at),
        "deviceId": info.id,
        "name": info.name,
        "kind": info.kind.value,
        "names": {each.id: each.name for each in picture.devices},
        "isReachable": device["isReachable"],
        "lastSeen": device["lastSeen"],
        "problem": device["problem"],
        "state": device["state"],
        "target": device["target"],
        "partnerId": partner,
        "partnerTarget": None if steered is None else _target(steered, picture),
        "pairing": _pairing(info, partner, picture),
        "schedules": [s for s in status_rules.schedules(picture) if s["targetId"] in both],
        "overrides": [o for o in status_rules.overrides(picture) if both & set(o["covers"])],
        "actions": [action_document(a) for a in picture.actions if a.device in both],
        "lastFailure": device["lastFailure"],
        "shortcomings": device["shortcomings"],
        "journal": [entry_document(e) for e in picture.journal if e.device in both][-ENTRIES:],
    }


def _partner(info: DeviceInfo, picture: Picture) -> DeviceId | None:
    pair = pair_of(info.id, picture)
    if pair is None:
        return None
    return pair.charger if info.id == pair.vehicle else pair.vehicle


def _target(device: DeviceId, picture: Picture) -> dict[str, Any] | None:
    info = next((each for each in picture.devices if each.id == device), None)
    found: dict[str, Any] | None = None if info is None else device_document(info, picture)
    return None if found is None else found["target"]


def _pairing(info: DeviceInfo, partner: DeviceId | None, picture: Picture) -> list[dict[str, Any]]:
    """Of a charger what is held of it; of a car all chargers that it hangs or may hang on."""
    if picture.pairing.mode is PairingMode.OFF:
        return []
    match info.kind:
        case DeviceKind.CHARGER:
            chargers = [info.id]
        case DeviceKind.VEHICLE if partner is not None:
            chargers = [partner]
        case DeviceKind.VEHICLE:
            held = picture.beliefs.values()
            chargers = sorted(b.charger for b in held if b.runner_up == info.id)
        case _:
            chargers = []
    found = (belief.document(charger, picture) for charger in chargers)
    return [each for each in found if each is not None]
