"""Whom a document or a command from the cloud means."""

from http import HTTPStatus

from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.fields import Fields
from agent.bridges.documents.ids import device_of
from agent.bridges.documents.view import Sender
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceKind


def target(fields: Fields, sender: Sender, picture: Picture) -> DeviceInfo:
    """The device of `targetType` and `targetId`.

    Raises:
        Unreadable: there is none, or it is of another kind.
    """
    kind, resource_id = fields.text("targetType"), fields.uuid("targetId")
    info = _find(resource_id, sender, picture)
    if info is None or info.kind.value != kind:
        raise _unknown(fields, "targetId", f"no {kind} of this house", picture)
    return info


def device(
    fields: Fields, name: str, kind: DeviceKind, sender: Sender, picture: Picture
) -> DeviceInfo:
    """The device whose id stands under `name`.

    Raises:
        Unreadable: there is none of that kind.
    """
    info = _find(fields.uuid(name), sender, picture)
    if info is None or info.kind is not kind:
        raise _unknown(fields, name, f"no {kind.value} of this house", picture)
    return info


def _find(resource_id: str, sender: Sender, picture: Picture) -> DeviceInfo | None:
    found = device_of(resource_id, picture, sender.agent_id)
    return next((info for info in picture.devices if info.id == found), None)


def _unknown(fields: Fields, name: str, what: str, picture: Picture) -> Unreadable:
    known = ", ".join(info.id for info in picture.devices) or "none"
    remedy = f"give the `id` of one that is retained under state/; the house has: {known}"
    return Unreadable(f"{fields.at}/{name}", f"is {what}", remedy, HTTPStatus.NOT_FOUND)
