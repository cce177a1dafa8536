"""Documents, overrides and answers, read back from their rows."""

from typing import Any

import orjson

from agent.model.documents import Document, DocumentKind, Source
from agent.model.intents import Answer
from agent.model.pairs import Evidence, LockedBy, Pair, PairStage
from agent.model.readings import DeviceKind
from agent.model.schedules import Location, Override, Rule, Schedule
from agent.store.rows import action_of, instants, known


def decode_document(doc: str) -> Document:
    """Raises:
    KeyError, TypeError, ValueError: it was written by a Hearth that knows more kinds or fields.
    """
    fields = known(Document, orjson.loads(doc))
    kind, value = DocumentKind(fields["kind"]), fields["value"]
    if value is not None:
        value = _schedule(value) if kind is DocumentKind.SCHEDULE else _location(value)
    return Document(**fields | {"kind": kind, "source": Source(fields["source"]), "value": value})


def decode_override(doc: str) -> Override:
    return _override(orjson.loads(doc))


def decode_answer(doc: str) -> Answer:
    fields = known(Answer, orjson.loads(doc))
    action, override, pair = fields["action"], fields["override"], fields.get("pair")
    return Answer(
        **fields
        | {
            "action": None if action is None else action_of(action),
            "override": None if override is None else _override(override),
            "pair": None if pair is None else _pair(pair),
        }
    )


def _override(doc: dict[str, Any]) -> Override:
    fields = known(Override, doc)
    kind = DeviceKind(fields["device_kind"])
    return Override(**fields | {"device_kind": kind} | instants(fields, "created_at", "ended_at"))


def _pair(doc: dict[str, Any]) -> Pair:
    fields = known(Pair, doc)
    return Pair(
        **fields
        | {
            "stage": PairStage(fields["stage"]),
            "locked_by": LockedBy(fields["locked_by"]),
            "evidence": tuple(Evidence(**known(Evidence, each)) for each in fields["evidence"]),
        }
        | instants(fields, "activated_at", "deactivated_at")
    )


def _schedule(doc: dict[str, Any]) -> Schedule:
    fields = known(Schedule, doc)
    return Schedule(
        **fields
        | {
            "target_kind": DeviceKind(fields["target_kind"]),
            "rules": tuple(_rule(rule) for rule in fields["rules"]),
        }
    )


def _rule(doc: dict[str, Any]) -> Rule:
    fields = known(Rule, doc)
    weekdays = fields["weekdays"]
    return Rule(
        **fields
        | {"weekdays": None if weekdays is None else frozenset(weekdays)}
        | instants(fields, "from_at", "to_at")
    )


def _location(doc: dict[str, Any]) -> Location:
    fields = known(Location, doc)
    return Location(**fields | {"chargers": tuple(fields["chargers"])})
