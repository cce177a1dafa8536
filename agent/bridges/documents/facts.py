"""Events of what happens once and is never repeated: Actions, transactions, edits in the house."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import orjson

from agent.bridges.documents import ids
from agent.bridges.documents.action import action
from agent.bridges.documents.changes import differences
from agent.bridges.documents.charge_costs import UNKNOWN, cost_of, mark_of
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
from agent.model.picture import Session
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy

_ACTION: Final = "action"
_TRANSACTION: Final = "transaction"
_MARK: Final = "begunWith"
"""The accounts at its beginning, kept with a transaction that runs; never told."""
_REMEMBERED: Final = 1000
_NAMES: Final = {"smart-charging-policy": "smartChargingPolicy"}
LONGEST_GAP_S: Final = 900.0
"""What a meter says later than that counts no more; see docs/costs.md."""
_MOVES: Final = frozenset({"state", "failureReason", "deviceId"})
"""What makes a change of an Action worth an event; another attempt alone does not."""


class Unpaid(NamedTuple):
    """A transaction that has ended, and of which not all costs are known yet."""

    key: Key
    value: Transaction
    mark: Json | None
    doc: Json
    rev: int
    since_mono_s: float


class Facts:
    """Args:
    told: what was told last.
    revs: the revisions of all resources, shared with the herald.
    """

    def __init__(
        self, envelopes: Envelopes, told: Iterable[Resource], revs: dict[Key, int]
    ) -> None:
        self._envelopes, self._revs = envelopes, revs
        self._unpaid = dict[DeviceId, Unpaid]()
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

    def transaction(
        self, value: Transaction, vehicle: DeviceId | None, session: Session | None, now: Now
    ) -> Told:
        """Args:
        vehicle: the car that is known to hang on the charger.
        session: the one that runs there, or the last one.
        """
        key = (_TRANSACTION, transaction_id(value, self._envelopes.sender))
        before, ended = self._open.get(key), value.stopped_at is not None
        if key in self._over or (before is not None and not ended):
            return Told()
        mark = mark_of(session) if before is None else before.get(_MARK)
        cost = cost_of(value, mark, session) if ended else UNKNOWN
        doc = transaction(value, vehicle, self._envelopes.sender, cost)
        if before is not None and doc["vehicleId"] is None:
            doc["vehicleId"] = before.get("vehicleId")  # it may have been unplugged first
        name = f"user:transaction:{'ended' if ended else 'started'}"
        told_of = None if before is None else {n: v for n, v in before.items() if n != _MARK}
        paths = [] if told_of is None else differences(told_of, doc)
        rev = self._revs.get(key, 0) + 1
        kept = None if ended else doc | {_MARK: mark}
        event, told = self._say(name, key, now, {"transaction": doc}, paths, kept)
        if ended and doc["energyKwh"] and None in cost.values():
            self._unpaid[value.charger] = Unpaid(key, value, mark, doc, rev, now.mono_s)
        return Told(events=(event,), resources=(told,))

    @property
    def waits(self) -> bool:
        """Whether the cost of a transaction is still to come."""
        return bool(self._unpaid)

    def paid(self, sessions: Mapping[DeviceId, Session], now: Now) -> Iterator[Event]:
        """Transactions whose cost has come in since they ended; late ones never will.

        Args:
            sessions: by charger the one that runs, or the last one.
        """
        for charger, each in list(self._unpaid.items()):
            cost = cost_of(each.value, each.mark, sessions.get(charger))
            doc = each.doc | cost
            paths = differences(each.doc, doc)
            if None not in cost.values() or now.mono_s - each.since_mono_s > LONGEST_GAP_S:
                del self._unpaid[charger]
                if paths:
                    rev, content = each.rev + 1, {"transaction": doc}
                    name = "user:transaction:updated"
                    yield self._envelopes.event(name, each.key, rev, now, content, paths)

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
