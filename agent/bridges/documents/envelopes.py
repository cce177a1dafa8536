"""Events as they leave the house, without what the store adds (seq, bootId, createdAt)."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, Final

import orjson

from agent.bridges.documents.sources import GRID_ORDER, SCHEDULE, SMART, STATE_TYPES
from agent.bridges.documents.uuid7 import RANDOM_BYTES, uuid7
from agent.bridges.documents.view import API_VERSION, Json, Key, Sender
from agent.model.clock import Now
from agent.model.events import Event, Resource

NEVER_NEEDLESS: Final = frozenset({"pair"})
"""Of these every event counts, although they are retained too."""


def field_name(kind: str) -> str:
    """Type of a resource as a key: hem-system is hemSystem."""
    first, *rest = kind.split("-")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Args:
    random: gives that many random bytes.
    """

    sender: Sender
    random: Callable[[int], bytes] = token_bytes

    def event(
        self, name: str, key: Key, rev: int, now: Now, content: Json, paths: list[str]
    ) -> Event:
        """Args:
        content: what stands beside the envelope's own keys, e.g. {"charger": {...}}.
        """
        event_id = uuid7(int(now.at.timestamp() * 1000), self.random(RANDOM_BYTES))
        kind, resource_id = key
        body: dict[str, Any] = {
            "eventId": event_id,
            "event": name,
            "version": API_VERSION,
            "user": {"id": self.sender.user_id},
            "resourceRev": rev,
            **content,
            "updatedFields": paths,
        }
        return Event(
            id=event_id,
            name=name,
            resource_type=kind,
            resource_id=resource_id,
            resource_rev=rev,
            now=now,
            body=orjson.dumps(body),
            coalesces=name.endswith(":updated")
            and kind in STATE_TYPES
            and kind not in NEVER_NEEDLESS,
        )


def event_name(kind: str, what: str, doc: Json) -> str:
    """How an event is called; smart charging is of the vehicle or the charger that it is for."""
    if kind == SCHEDULE and what != "deleted":
        what = "execution-updated"
    if kind == GRID_ORDER:
        stage = "ended" if what == "deleted" else doc["state"].lower().replace("_", "-")
        return f"user:{kind}:{stage}"
    if kind != SMART:
        return f"user:{kind}:{what}"
    target = "vehicle" if doc.get("vehicleId") else "charger"
    return f"user:{target}:{SMART}-{'deleted' if what == 'deleted' else 'updated'}"


def content_of(kind: str, doc: Json) -> Json:
    """A document under its name; a schedule's execution has two parts, each under its own."""
    return doc if kind == SCHEDULE else {field_name(kind): doc}


def resource(key: Key, rev: int, doc: Json | None) -> Resource:
    body = None if doc is None else orjson.dumps(doc)
    return Resource(type=key[0], id=key[1], rev=rev, body=body)
