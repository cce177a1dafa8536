"""Intents in a stream: the documents of docs/cloud-protocol.md, with the stream's own ids."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.ids import as_uuid, device_id, public_id
from agent.bridges.documents.read_command import PageRequest, PlanRequest, intent_of, read_command
from agent.bridges.documents.read_desired import read_desired
from agent.bridges.documents.view import Sender
from agent.bridges.streams.lines import BadLine
from agent.model.documents import DocumentKind
from agent.model.intents import Intent
from agent.model.picture import Picture
from agent.model.readings import DeviceId

STREAM: Final = Sender(agent_id="stream", user_id="stream")
_IDS: Final = ("targetId", "chargerId", "vehicleId")
_OF_LOCATIONS: Final = (DocumentKind.LOCATION_TARIFF, DocumentKind.PRICE_SERIES)
VALID_FOR: Final = timedelta(minutes=10)


def read_intent(tree: dict[str, Any], picture: Picture) -> Intent:
    """
    Args:
        tree: a command {command, body, ...} or a desired document {kind, id, rev, body}.

    Raises:
        BadLine: it cannot be understood.
    """
    body = tree.get("body")
    tree = {**tree, "body": _translated(body, picture)} if isinstance(body, dict) else tree
    try:
        if "kind" in tree:
            return _desired(tree, picture)
        request = str(tree.get("requestId") or "00000000-0000-4000-8000-000000000000")
        tree["requestId"] = request
        tree.setdefault("expiresAt", (picture.now.at + VALID_FOR).isoformat())
        intent = intent_of(read_command(request, orjson.dumps(tree)), STREAM, picture)
    except Unreadable as error:
        raise BadLine(f"intent {error}") from None
    if isinstance(intent, PageRequest | PlanRequest):
        raise BadLine(f"{tree['command']} is no wish of people; leave it out")
    return intent


def _desired(tree: dict[str, Any], picture: Picture) -> Intent:
    kind, name = str(tree["kind"]), str(tree.get("id"))
    named = "location" if kind in _OF_LOCATIONS else kind
    resource = as_uuid(name) or public_id(STREAM.agent_id, named, name)
    return read_desired(kind, resource, orjson.dumps(tree), STREAM, picture)


def _translated(body: Mapping[str, Any], picture: Picture) -> dict[str, Any]:
    """Device names become the ids that a cloud would use."""
    names = {info.id for info in picture.devices}
    return {
        key: device_id(STREAM.agent_id, DeviceId(value))
        if key in _IDS and value in names
        else value
        for key, value in body.items()
    }
