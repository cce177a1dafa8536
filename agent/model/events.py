"""What the cloud is told, as values: made together with the change that they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.documents import Document
from agent.model.driver import Transaction
from agent.model.intents import Answer
from agent.model.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event on its way to the outbox. The store gives it its `seq`.

    Args:
        id: UUIDv7.
        name: e.g. user:charger:updated.
        resource_type, resource_id, resource_rev: whom it is about; the rev grows by one.
        now: when it happened; stamped anew if the clock was not trusted yet.
        body: the envelope as a JSON object without seq, bootId and createdAt.
        coalesces: whether a newer event of the same resource makes it needless.
    """

    id: str
    name: str
    resource_type: str
    resource_id: str
    resource_rev: int
    now: Now
    body: bytes
    coalesces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as it was last told.

    Args:
        body: the document as JSON; None = it is gone.
    """

    type: str
    id: str
    rev: int
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    events: tuple[Event, ...] = ()
    resources: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A command from the cloud that was carried out, with what became of it.

    Args:
        fingerprint: hash of the command's content; the same id with another content is refused.
    """

    request_id: str
    fingerprint: str
    answer: Answer
    at: datetime


class Herald(Protocol):
    """Turns changes into Events. Holds what it told last; control calls it, in order."""

    def look(self, picture: Picture) -> Told:
        """What is worth telling of the house as it stands now."""

    def actions(self, changed: Sequence[Action], now: Now) -> Told:
        """Actions that moved."""

    def edited(self, document: Document, now: Now) -> Told:
        """A schedule or a location was changed in the house."""

    def transaction(self, transaction: Transaction, now: Now) -> Told:
        """A transaction began or ended at a charger."""
