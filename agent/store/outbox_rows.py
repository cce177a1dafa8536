"""The outbox and its neighbours as rows that the writer puts on disk."""

from collections.abc import Iterable, Mapping

from agent.model.clock import Now
from agent.model.events import Event, Executed, Resource
from agent.store.packing import pack
from agent.store.rows import FIRST_RANK, LAST_RANK, META, RANK, Key, Row, Rows, encode
from agent.store.tombstones import Slot, Tombstone, joined

OUTBOX = "outbox"

_EVENT = """INSERT OR REPLACE INTO outbox (seq, run, at_s, mono_s, name, resource, body)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_TOMBSTONE = """INSERT OR REPLACE INTO outbox (seq, run, at_s, name, from_seq, dropped)
VALUES (?, ?, ?, '', ?, ?)"""
_RUN = "INSERT OR IGNORE INTO run (id, run_id, boot_id) VALUES (?, ?, ?)"
_RESOURCE = """INSERT INTO resource (type, id, rev, doc) VALUES (?, ?, ?, ?)
ON CONFLICT (type, id) DO UPDATE SET rev = excluded.rev, doc = excluded.doc"""
_EXECUTED = (
    "INSERT OR REPLACE INTO executed (request_id, fingerprint, at_s, doc) VALUES (?, ?, ?, ?)"
)
_FORGET = "DELETE FROM outbox WHERE seq <= ?"
_CLIP = """UPDATE outbox SET from_seq = ?1 + 1, dropped = min(dropped, seq - ?1)
WHERE body IS NULL AND seq > ?1 AND from_seq <= ?1"""
_STAMP = """UPDATE outbox SET at_s = mono_s + ?, mono_s = NULL WHERE mono_s IS NOT NULL
AND run IN (SELECT id FROM run WHERE id = ? OR (boot_id = ? AND boot_id NOT IN ('', 'unknown')))"""
_CURSOR = "INSERT OR REPLACE INTO cursor (device, to_s) VALUES (?, ?)"
_LOST = "INSERT OR REPLACE INTO lost (from_s, to_s) VALUES (?, ?)"


def event_row(event: Event, seq: int, run: int) -> tuple[Key, Row]:
    now = event.now
    resource = f"{event.resource_type}/{event.resource_id}" if event.coalesces else None
    mono_s = None if now.trusted else now.mono_s
    params = (seq, run, now.at.timestamp(), mono_s, event.name, resource, pack(event.body))
    return (OUTBOX, seq), Row(RANK, _EVENT, params)


def tombstone_row(tombstone: Tombstone, run: int, at_s: float) -> tuple[Key, Row]:
    params = (tombstone.seq, run, at_s, tombstone.first, tombstone.dropped)
    return (OUTBOX, tombstone.seq), Row(RANK, _TOMBSTONE, params)


def run_row(number: int, run_id: str, boot_id: str) -> tuple[Key, Row]:
    return ("run", number), Row(FIRST_RANK, _RUN, (number, run_id, boot_id))


def resource_row(resource: Resource) -> tuple[Key, Row]:
    doc = None if resource.body is None else pack(resource.body)
    params = (resource.type, resource.id, resource.rev, doc)
    return ("resource", resource.type, resource.id), Row(RANK, _RESOURCE, params)


def executed_row(executed: Executed) -> tuple[Key, Row]:
    doc = encode(executed.answer)
    params = (executed.request_id, executed.fingerprint, executed.at.timestamp(), doc)
    return ("executed", executed.request_id), Row(RANK, _EXECUTED, params)


def ack_rows(seq: int) -> dict[Key, Row]:
    """The cloud has all up to `seq`; a tombstone that reaches beyond it is cut."""
    return {
        ("ack", "forget"): Row(LAST_RANK, _FORGET, (seq,)),
        ("ack", "clip"): Row(LAST_RANK, _CLIP, (seq,)),
        ("ack", "seq"): Row(LAST_RANK, META, ("acked_seq", seq)),
    }


def stamp_rows(now: Now, run: int, boot_id: str) -> dict[Key, Row]:
    """What was made in this boot of the machine gets its true time; `now` is trusted."""
    shift_s = now.at.timestamp() - now.mono_s
    return {("stamp",): Row(LAST_RANK, _STAMP, (shift_s, run, boot_id))}


def cursor_row(device: str, to_s: int) -> tuple[Key, Row]:
    return ("cursor", device), Row(RANK, _CURSOR, (device, to_s))


def lost_row(from_s: int, to_s: int) -> tuple[Key, Row]:
    return ("lost", from_s), Row(RANK, _LOST, (from_s, to_s))


def forget_meta_row(key: str) -> tuple[Key, Row]:
    return ("meta", key), Row(RANK, "DELETE FROM meta WHERE key = ?", (key,))


def last_seq(rows: Rows) -> int:
    """The highest number among `rows`; 0 without events."""
    return max((int(key[1]) for key in rows if key[0] == OUTBOX), default=0)


def newest_of(rows: Iterable[Row]) -> dict[str, int]:
    """The last event of each resource, of those that make older ones needless."""
    slots = map(slot_of, rows)
    return {slot.resource: slot.seq for slot in slots if slot.resource is not None}


def without_needless_events(rows: dict[Key, Row], keep: int) -> None:
    """When more than `keep` events wait in memory, put tombstones in place of needless ones."""
    waiting = sorted((key for key in rows if key[0] == OUTBOX), key=lambda key: int(key[1]))
    if len(waiting) <= keep:
        return
    events = [rows[key] for key in waiting]
    slots = [slot_of(row) for row in events]
    places: Mapping[int, int] = {slot.seq: index for index, slot in enumerate(slots)}
    for tombstone in joined(slots, newest_of(events)):
        end = places[tombstone.seq]
        for key in waiting[end + 1 - tombstone.rows : end]:
            del rows[key]
        _, run, at_s, *_ = events[end].params
        rows |= dict([tombstone_row(tombstone, int(run or 0), float(at_s or 0))])


def slot_of(row: Row) -> Slot:
    """What a row made here says about itself."""
    if row.sql == _TOMBSTONE:
        seq, _, at_s, first, dropped = row.params
        return Slot(_int(seq), float(at_s or 0), _int(first), _int(dropped), None, True)
    seq, _, at_s, _, _, resource, _ = row.params
    owner = None if resource is None else str(resource)
    return Slot(_int(seq), float(at_s or 0), _int(seq), 0, owner, False)


def _int(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 -- for the type checker
    return value
