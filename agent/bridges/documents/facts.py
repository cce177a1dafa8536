"""Events of what happens once and is never repeated: Actions, transactions, edits in the house."""

from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from agent.bridges.documents import ids
from agent.bridges.documents.action import action
from agent.bridges.documents.changes import differences
from agent.bridges.documents.envelopes import Envelopes, resource
from agent.bridges.documents.location import location
from agent.bridges.documents.schedule import schedule
from agent.bridges.documents.smart import policy
from agent.bridges.documents.transaction import transaction, transaction_id
from agent.bridges.documents.view import Json, Key
from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.documents import Document
from agent.model.driver import Transaction
from agent.model.events import Event, Resource, Told
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy

_ACTION: Final = "action"
_TRANSACTION: Final = "transaction"
_REMEMBERED: Final = 1000
_NAMES: Final = {"smart-charging-policy": "smartChargingPolicy"}
_MOVES: Final = frozenset({"state", "failureReason", "deviceId"})
"""What makes a change of an Action worth an event; another attempt alone does not."""


class Facts:
    """Args:
    told: what was told last.
    revs: the revisions of all resources, shared with the herald.
    """

    def __init__(
        self, envelopes: Envelopes, told: Iterable[Resource], revs: dict[Key, int]
    ) -> None:
        self._envelopes, self._revs = envelopes, revs
        known = [each for each in told if each.type in (_ACTION, _TRANSACTION)]
        over = [each for each in known if each.body is None]
        self._over = {(each.type, each.id): None for each in over[-_REMEMBERED:]}
        self._open: dict[Key, Json] = {
            (each.type, each.id): orjson.loads(each.body) for each in known if each.body is not None
        }

    def actions(self, changed: Sequence[Action], now: Now) -> Told:
        """An event for each Action that moved, in their order."""
        events, resources = list[Event](), list[Resource]()
        for each in changed:
            key, doc = (_ACTION, each.id), action(each, self._envelopes.sender)
            before = self._open.get(key)
            paths = ["state"] if before is None else differences(before, doc)
            if key in self._over or not any(path.partition(".")[0] in _MOVES for path in paths):
                continue
            name, content = "user:vendor-action:updated", {"action": doc}
            event, told = self._say(name, key, now, content, paths, doc if each.pending else None)
            events.append(event)
            resources.append(told)
        return Told(events=tuple(events), resources=tuple(resources))

    def transaction(self, value: Transaction, vehicle: DeviceId | None, now: Now) -> Told:
        """Args:
        vehicle: the car that is known to hang on the charger.
        """
        key = (_TRANSACTION, transaction_id(value, self._envelopes.sender))
        doc = transaction(value, vehicle, self._envelopes.sender)
        before, ended = self._open.get(key), value.stopped_at is not None
        if key in self._over or (before is not None and not ended):
            return Told()
        if before is not None and doc["vehicleId"] is None:
            doc["vehicleId"] = before.get("vehicleId")  # it may have been unplugged first
        name = f"user:transaction:{'ended' if ended else 'started'}"
        paths = [] if before is None else differences(before, doc)
        content = {"transaction": doc}
        event, told = self._say(name, key, now, content, paths, None if ended else doc)
        return Told(events=(event,), resources=(told,))

    def edited(self, document: Document, standing: Json | None, now: Now) -> Told:
        """The body is what a desired document of the cloud would carry.

        Args:
            standing: what else was told of the same resource.
        """
        kind, value, sender = document.kind.value, document.value, self._envelopes.sender
        body: Json | None = None
        if isinstance(value, Schedule):
            body = schedule(value, sender)
        elif isinstance(value, Location):
            body = location(value, sender)
        elif isinstance(value, SmartPolicy):
            body = policy(value, sender)
        key = (kind, ids.public_id(sender.agent_id, kind, document.id))
        content = {
            f"{_NAMES.get(kind, kind)}Id": key[1],
            "body": body,
            "baseRev": document.rev,
            "deleted": body is None,
        }
        rev = self._revs[key] = self._revs.get(key, 0) + 1
        event = self._envelopes.event(f"user:{kind}:updated-locally", key, rev, now, content, [])
        return Told(events=(event,), resources=(resource(key, rev, standing),))

    def _say(
        self, name: str, key: Key, now: Now, content: Json, paths: list[str], kept: Json | None
    ) -> tuple[Event, Resource]:
        """Args:
        kept: the document while more may come, None after its last word.
        """
        rev = self._revs.get(key, 0) + 1
        if kept is None:
            self._open.pop(key, None)
            self._revs.pop(key, None)
            self._over[key] = None
            if len(self._over) > _REMEMBERED:
                del self._over[next(iter(self._over))]
        else:
            self._open[key], self._revs[key] = kept, rev
        event = self._envelopes.event(name, key, rev, now, content, paths)
        return event, resource(key, rev, kept)
