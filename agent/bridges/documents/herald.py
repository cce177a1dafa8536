"""Turns changes of the house into events for the cloud.

Rules: no change, no event; stamps alone are no change. Discrete changes (plug, charging, mode,
reachability, limits, names) are told at once, measurements of one resource at most every five
minutes, since samples travel as telemetry. Of smart charging each state and each change of its plan
is told, also where many follow at once: none is made up for by the next one. A device is first
discovered, with nothing but its information, then updated. What was told before a restart is not
told again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from secrets import token_bytes

from agent.bridges.documents.catalogue import Catalogue, documents_told
from agent.bridges.documents.changes import Worth, differences, worth
from agent.bridges.documents.discovery import bare
from agent.bridges.documents.envelopes import Envelopes, content_of, event_name, resource
from agent.bridges.documents.facts import Facts
from agent.bridges.documents.ids import public_id
from agent.bridges.documents.pace import Pace
from agent.bridges.documents.sources import PAIR, SMART
from agent.bridges.documents.view import Json, Key, Sender
from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.documents import Document
from agent.model.driver import Transaction
from agent.model.events import Event, Resource, Told
from agent.model.pairs import PairStage
from agent.model.picture import Picture, Session
from agent.model.readings import DeviceId, DeviceKind

NOTHING = Told()


class HouseHerald:
    """The Herald of agent.model.events.

    Args:
        told: what was told last, from the store.
        random: gives that many random bytes, for the ids of events.
    """

    def __init__(
        self,
        sender: Sender,
        told: Iterable[Resource] = (),
        random: Callable[[int], bytes] = token_bytes,
    ) -> None:
        told = tuple(told)
        self._envelopes = Envelopes(sender, random)
        self._told = documents_told(told)
        self._revs = {(each.type, each.id): each.rev for each in told if _revisited(each)}
        self._catalogue = Catalogue(sender, self._told)
        self._facts = Facts(self._envelopes, told, self._revs)
        self._paces: dict[Key, Pace] = {}
        self._waiting: dict[Key, float] = {}
        self._due_mono_s = float("inf")
        self._on_charger: dict[DeviceId, DeviceId] = {}
        self._sessions: Mapping[DeviceId, Session] = {}

    def look(self, picture: Picture) -> Told:
        """What is worth telling of the house as it stands now."""
        made, gone = self._catalogue.step(picture)
        now = picture.now
        self._sessions = picture.latest
        late = tuple(self._facts.paid(picture.latest, now)) if self._facts.waits else ()
        if not made and not gone and now.mono_s < self._due_mono_s:
            return Told(events=late) if late else NOTHING
        self._on_charger = {
            pair.charger: pair.vehicle
            for pair in picture.pairs
            if pair.stage is PairStage.ACTIVATED
        }
        events, resources = list[Event](late), list[Resource]()
        due = [key for key, at in self._waiting.items() if at <= now.mono_s]
        for key in dict.fromkeys((*made, *due)):
            for event, told in self._tell(key, now):
                events.append(event)
                resources.append(told)
        for key in gone:
            event, told = self._delete(key, now)
            events.append(event)
            resources.append(told)
        self._due_mono_s = min(self._waiting.values(), default=float("inf"))
        return Told(events=tuple(events), resources=tuple(resources)) if events else NOTHING

    def actions(self, changed: Sequence[Action], now: Now) -> Told:
        """Actions that moved."""
        return self._facts.actions(changed, now)

    def edited(self, document: Document, now: Now) -> Told:
        """A schedule or a location was changed in the house."""
        kind = document.kind.value
        key = (kind, public_id(self._envelopes.sender.agent_id, kind, document.id))
        return self._facts.edited(document, self._told.get(key), now)

    def transaction(self, transaction: Transaction, now: Now) -> Told:
        """A transaction began or ended at a charger."""
        vehicle = self._on_charger.get(transaction.charger)
        session = self._sessions.get(transaction.charger)
        return self._facts.transaction(transaction, vehicle, session, now)

    def _tell(self, key: Key, now: Now) -> Iterable[tuple[Event, Resource]]:
        doc, before = self._catalogue.docs.get(key), self._told.get(key)
        self._waiting.pop(key, None)
        if doc is None:
            return
        if before is None:
            first = bare(key[0], doc)
            self._paces[key] = Pace(told_mono_s=float("-inf"))
            yield self._say("discovered", key, now, first, [])
            before = first
        pace = self._paces.setdefault(key, Pace(told_mono_s=now.mono_s))
        paths = differences(before, doc)
        change = worth(key[0], paths, before, doc)
        if key[0] == PAIR and change is not Worth.DISCRETE:
            return  # confidence moves all the time, and no event of a pair may be dropped
        each_counts = key[0] == SMART and change is Worth.DISCRETE
        due_mono_s = now.mono_s if each_counts else pace.due_mono_s(change, now.mono_s)
        if due_mono_s <= now.mono_s:
            pace.tell(now.mono_s)
            yield self._say("updated", key, now, doc, paths)
        elif change >= Worth.MEASURED:
            self._waiting[key] = due_mono_s

    def _say(
        self, what: str, key: Key, now: Now, doc: Json, paths: list[str]
    ) -> tuple[Event, Resource]:
        self._told[key] = doc
        rev = self._revs[key] = self._revs.get(key, 0) + 1
        name = event_name(key[0], what, doc)
        content = content_of(key[0], doc)
        if key[0] == SMART and (car := self._told.get((DeviceKind.VEHICLE.value, key[1]))):
            content = {"vehicle": car, **content}
        event = self._envelopes.event(name, key, rev, now, content, paths)
        return event, resource(key, rev, doc)

    def _delete(self, key: Key, now: Now) -> tuple[Event, Resource]:
        doc = self._told.pop(key)
        self._paces.pop(key, None)
        self._waiting.pop(key, None)
        rev = self._revs[key] = self._revs.get(key, 0) + 1
        name = event_name(key[0], "deleted", doc)
        event = self._envelopes.event(name, key, rev, now, content_of(key[0], doc), [])
        return event, resource(key, rev, None)


def _revisited(told: Resource) -> bool:
    """Whether more may come of it: a finished Action or transaction never speaks again."""
    return told.body is not None or told.type not in ("action", "transaction")
