"""A command of the cloud: first the envelope, then (if it is new and in time) what it wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import orjson

from agent.bridges.documents.actions_asked import create_action
from agent.bridges.documents.asked import Asked
from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.fields import Fields
from agent.bridges.documents.payload import parse
from agent.bridges.documents.read_grid import grid_limit, grid_profile
from agent.bridges.documents.targets import device, target
from agent.bridges.documents.view import Sender
from agent.model.intents import (
    CancelAction,
    CorrectPair,
    EndOverride,
    Intent,
    PinPair,
    Refresh,
    StartOverride,
)
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind

LATEST: Final = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Args:
    fingerprint: of command and body, whatever the order of their keys.
    """

    request_id: str
    name: str
    expires_at: datetime
    fingerprint: str
    body: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """The cloud misses events; `to_seq` None = all from `from_seq` on."""

    from_seq: int
    to_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """The cloud asks for a plan of smart charging; `plan_id` None = the latest of the device."""

    device: DeviceId
    plan_id: str | None = None


Question = PageRequest | PlanRequest
"""What is answered from what is known, and asks for nothing to be done."""


def read_command(request_id: str, payload: bytes) -> Command:
    """Args:
        request_id: from the topic.

    Raises:
        Unreadable
    """
    fields = parse(payload)
    if fields.text("requestId") != request_id:
        raise fields.fault("requestId", "is not the one in the topic", "give the same in both")
    name, body = fields.text("command"), fields.part("body")
    content = orjson.dumps([name, body.values], option=orjson.OPT_SORT_KEYS)
    return Command(
        request_id=request_id,
        name=name,
        expires_at=fields.instant("expiresAt"),
        fingerprint=sha256(content).hexdigest(),
        body=body,
    )


def intent_of(command: Command, sender: Sender, picture: Picture) -> Intent | Question:
    """What the command wants of the house as it stands.

    Raises:
        Unreadable: with status 404 for an unknown command or target.
    """
    if command.name == "page.get":
        return _page(command.body)
    if command.name == "plan.get":
        return _plan(command.body, sender, picture)
    read = _READERS.get(command.name)
    if read is None:
        known = ", ".join((*_READERS, "page.get", "plan.get"))
        what = f"is {command.name}"
        raise Unreadable("/command", what, f"known commands: {known}", HTTPStatus.NOT_FOUND)
    asked = Asked(command.body, sender, picture, command.request_id, command.fingerprint)
    return read(asked)


def _page(body: Fields) -> PageRequest:
    from_seq = body.integer("fromSeq", 0)
    to_seq = body.integer("toSeq", from_seq) if body.values.get("toSeq") is not None else None
    return PageRequest(from_seq=from_seq, to_seq=to_seq)


def _plan(body: Fields, sender: Sender, picture: Picture) -> PlanRequest:
    info = target(body, sender, picture)
    if info.kind not in (DeviceKind.VEHICLE, DeviceKind.CHARGER):
        raise body.fault("targetType", f"is {info.kind}", "only vehicles and chargers have plans")
    plan_id = body.text("planId") if body.values.get("planId") is not None else LATEST
    return PlanRequest(device=info.id, plan_id=None if plan_id == LATEST else plan_id)


def _cancel(asked: Asked) -> Intent:
    return CancelAction(action_id=asked.body.text("actionId"), **asked.origin)


def _start_override(asked: Asked) -> Intent:
    return StartOverride(device=target(asked.body, asked.sender, asked.picture).id, **asked.origin)


def _end_override(asked: Asked) -> Intent:
    return EndOverride(device=target(asked.body, asked.sender, asked.picture).id, **asked.origin)


def _refresh(asked: Asked) -> Intent:
    return Refresh(device=target(asked.body, asked.sender, asked.picture).id, **asked.origin)


def _pin(asked: Asked) -> Intent:
    charger, vehicle = _pair(asked)
    return PinPair(charger=charger, vehicle=vehicle, **asked.origin)


def _correct(asked: Asked) -> Intent:
    charger, vehicle = _pair(asked)
    guest = asked.body.find_flag("guest") or False
    if guest and vehicle is not None:
        raise asked.body.fault("guest", "contradicts vehicleId", "a guest's car has no id here")
    undo = asked.body.find_flag("undo")
    if undo and (guest or vehicle is not None):
        raise asked.body.fault("undo", "contradicts vehicleId and guest", "leave those out")
    return CorrectPair(charger=charger, vehicle=vehicle, guest=guest, undo=undo, **asked.origin)


def _pair(asked: Asked) -> tuple[DeviceId, DeviceId | None]:
    body, sender, picture = asked.body, asked.sender, asked.picture
    charger = device(body, "chargerId", DeviceKind.CHARGER, sender, picture).id
    if not body.has("vehicleId"):
        raise body.fault("vehicleId", "is missing", "give the id of the car, or null")
    if body.values["vehicleId"] is None:
        return charger, None
    return charger, device(body, "vehicleId", DeviceKind.VEHICLE, sender, picture).id


_READERS: Final[Mapping[str, Callable[[Asked], Intent]]] = {
    "action.create": create_action,
    "action.cancel": _cancel,
    "override.create": _start_override,
    "override.end": _end_override,
    "refresh-hint": _refresh,
    "pair.pin": _pin,
    "pair.correct": _correct,
    "grid.limit": grid_limit,
    "grid.profile": grid_profile,
}
