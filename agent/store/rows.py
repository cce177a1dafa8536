"""Facts as rows: each has a key, and a later row of the same key replaces an earlier one.

So facts that wait for the disk can be folded into each other without losing any.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from agent.model.actions import (
    Action,
    ActionKind,
    ActionState,
    Failure,
    FailureType,
    RequestedBy,
)
from agent.model.driver import Transaction
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceKind
from agent.model.targets import Reason, ReasonCode
from agent.store.values import Change

Key = tuple[str | int, ...]


class Row(NamedTuple):
    """Args:
    rank: smaller ones are written first.
    """

    rank: int
    sql: str
    params: tuple[str | int | float | bytes | None, ...]


Rows = Mapping[Key, Row]

_ACTION = """INSERT INTO action (id, device, state, finished_s, doc) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET device = excluded.device, state = excluded.state,
finished_s = excluded.finished_s, doc = excluded.doc"""
_MAKE_WAY = """UPDATE action SET state = 'UNREADABLE'
WHERE device = ? AND state = 'PENDING' AND id <> ?"""
_SESSION = """INSERT INTO session (id, charger, plugged_in_s, open, doc) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET open = excluded.open, doc = excluded.doc"""
_CHARGE = """INSERT INTO charge (id, dedupe, charger, open, doc) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET open = excluded.open, doc = excluded.doc"""
META = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
_SETTING = "INSERT OR REPLACE INTO setting (key, doc) VALUES (?, ?)"
_DOCUMENT = "INSERT OR REPLACE INTO document (kind, id, doc) VALUES (?, ?, ?)"
_OVERRIDE = "INSERT OR REPLACE INTO override (id, open, doc) VALUES (?, ?, ?)"
_NO_SETTING = "DELETE FROM setting WHERE key = ?"
_COUNTER = "INSERT OR REPLACE INTO counter (device, name, doc) VALUES (?, ?, ?)"
_JOURNAL = "INSERT INTO journal (at_s, device, doc) VALUES (?, ?, ?)"
_PLAN = "INSERT OR REPLACE INTO plan (id, device, created_s, doc) VALUES (?, ?, ?, ?)"
_NOTE = "INSERT OR REPLACE INTO note (topic, key, doc) VALUES (?, ?, ?)"
_NO_NOTE = "DELETE FROM note WHERE topic = ? AND key = ?"

_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1  # what orjson writes
_MOST_FLOAT = 1e300
_SERIES = "INSERT OR IGNORE INTO series (id, device, name, decimals) VALUES (?, ?, ?, ?)"

# A predecessor must be finished before its successor may be pending.
FIRST_RANK, _FINISHED_RANK, RANK, LAST_RANK = 0, 1, 2, 3


def change_rows(change: Change, first_journal_number: int) -> dict[Key, Row]:
    """Raises:
    TypeError, ValueError: a value that JSON cannot carry; nothing was taken.
    """
    rows: dict[Key, Row] = {}
    for action in change.actions:
        rows["action", action.id] = _action_row(action)
        if action.pending:
            # Nobody knows of a record that could not be read, and nobody will finish it.
            rows["unreadable", action.device] = Row(
                _FINISHED_RANK, _MAKE_WAY, (action.device, action.id)
            )
    for session in change.sessions:
        rows["session", session.id] = _session_row(session)
    for key, setting in change.settings.items():
        rows["setting", key] = (
            Row(RANK, _NO_SETTING, (key,))
            if setting is None
            else Row(RANK, _SETTING, (key, encode(setting)))
        )
    for (device, name), counter in change.counters.items():
        rows["counter", device, name] = Row(RANK, _COUNTER, (device, name, encode(counter)))
    for index, entry in enumerate(change.journal, first_journal_number):
        params = (entry.at.timestamp(), entry.device, encode(entry))
        rows["journal", index] = Row(RANK, _JOURNAL, params)
    return rows | _document_rows(change) | _memories(change)


def _document_rows(change: Change) -> dict[Key, Row]:
    rows: dict[Key, Row] = {}
    for document in change.documents:
        kind, id_ = document.kind.value, document.id
        rows["document", kind, id_] = Row(RANK, _DOCUMENT, (kind, id_, encode(document)))
    for override in change.overrides:
        is_open = int(override.ended_at is None)
        doc = encode(override)
        rows["override", override.id] = Row(RANK, _OVERRIDE, (override.id, is_open, doc))
    for plan in change.plans:
        made_s, doc = plan.created_at.timestamp(), encode(plan)
        rows["plan", plan.id] = Row(RANK, _PLAN, (plan.id, plan.device, made_s, doc))
    return rows


def _memories(change: Change) -> dict[Key, Row]:
    kept = {"memory": change.memory, "pairing": change.pairing}
    return {
        ("meta", key): Row(RANK, META, (key, memory))
        for key, memory in kept.items()
        if memory is not None
    }


def charge_row(charge: Transaction, dedupe: str) -> tuple[Key, Row]:
    params = (charge.id, dedupe, charge.charger, int(charge.stopped_at is None), encode(charge))
    return ("charge", charge.id), Row(RANK, _CHARGE, params)


def note_row(topic: str, key: str, doc: str | None) -> tuple[Key, Row]:
    if doc is None:
        return ("note", topic, key), Row(RANK, _NO_NOTE, (topic, key))
    return ("note", topic, key), Row(RANK, _NOTE, (topic, key, doc))


def series_row(number: int, device: str, name: str, decimals: int) -> tuple[Key, Row]:
    return ("series", number), Row(FIRST_RANK, _SERIES, (number, device, name, decimals))


def stamp_row(at: datetime) -> tuple[Key, Row]:
    return ("meta", "last_at_s"), Row(RANK, META, ("last_at_s", int(at.timestamp())))


def clean(text: str) -> str:
    """Text that any file can carry: a charger may send half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def encode(value: object) -> str:
    """JSON; text that is no Unicode and numbers without end (chargers send such things) are
    repaired.

    Raises:
        TypeError: JSON cannot carry it.
    """
    try:
        return orjson.dumps(value, default=_plain).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_repaired(value)).decode()


def decode_action(doc: str) -> Action:
    return action_of(orjson.loads(doc))


def action_of(doc: dict[str, Any]) -> Action:
    kept = known(Action, doc)
    failure = kept.get("failure")
    return Action(
        **kept
        | {
            "device_kind": DeviceKind(kept["device_kind"]),
            "kind": ActionKind(kept["kind"]),
            "state": ActionState(kept["state"]),
            "requested_by": RequestedBy(kept["requested_by"]),
            "failure": failure
            and Failure(type=FailureType(failure["type"]), detail=failure["detail"]),
        }
        | instants(kept, "created_at", "updated_at", "completed_at")
    )


def decode_session(doc: str) -> Session:
    kept = known(Session, orjson.loads(doc))
    return Session(**kept | instants(kept, "plugged_in_at", "plugged_out_at"))


def decode_charge(doc: str) -> Transaction:
    kept = known(Transaction, orjson.loads(doc))
    return Transaction(**kept | instants(kept, "started_at", "stopped_at"))


def decode_entry(doc: str) -> JournalEntry:
    kept = known(JournalEntry, orjson.loads(doc))
    reason = known(Reason, kept["reason"])
    reason |= {"code": ReasonCode(reason["code"])} | instants(reason, "changes_at")
    return JournalEntry(**kept | {"reason": Reason(**reason)} | instants(kept, "at"))


def without_oldest_journal(rows: dict[Key, Row], keep: int) -> int:
    """Drop all but the newest `keep` journal rows in place; returns how many went."""
    journal = [key for key in rows if key[0] == "journal"]
    for key in journal[: max(0, len(journal) - keep)]:
        del rows[key]
    return max(0, len(journal) - keep)


def in_order(rows: Rows) -> Iterable[Row]:
    return sorted(rows.values(), key=lambda row: row.rank)


def _action_row(action: Action) -> Row:
    finished_s = None if action.completed_at is None else action.completed_at.timestamp()
    if finished_s is None and not action.pending:
        finished_s = action.updated_at.timestamp()
    params = (action.id, action.device, action.state.value, finished_s, encode(action))
    return Row(RANK if action.pending else _FINISHED_RANK, _ACTION, params)


def _session_row(session: Session) -> Row:
    is_open = int(session.plugged_out_at is None)
    started_s = session.plugged_in_at.timestamp()
    return Row(RANK, _SESSION, (session.id, session.charger, started_s, is_open, encode(session)))


def known(kind: type, doc: dict[str, Any]) -> dict[str, Any]:
    """The fields that this version has; a newer one of the same schema may have written more."""
    assert is_dataclass(kind)  # noqa: S101 -- for the type checker
    return {f.name: doc[f.name] for f in fields(kind) if f.name in doc}


def instants(doc: Mapping[str, Any], *names: str) -> dict[str, datetime]:
    return {
        name: datetime.fromisoformat(doc[name]).astimezone(UTC) for name in names if doc.get(name)
    }


def _repaired(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _repaired(part) for key, part in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_repaired(part) for part in value]
    if is_dataclass(value):
        return {f.name: _repaired(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, int) and not _LEAST_INTEGER <= value <= _MOST_INTEGER:
        return float(value) if abs(value) < _MOST_FLOAT else None
    return value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")
