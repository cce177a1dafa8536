import sqlite3
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.clock import Now
from agent.model.documents import Document, DocumentKind, Source
from agent.model.events import Event
from agent.model.intents import Answer
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Override, Rule, Schedule
from agent.store import migrations, packing
from agent.store.documents import decode_answer, decode_document, decode_override
from agent.store.outbox_rows import (
    event_row,
    newest_of,
    slot_of,
    tombstone_row,
    without_needless_events,
)
from agent.store.overflow import Overflow, hidden, outbox_bytes
from agent.store.packing import pack, unpack
from agent.store.rows import Key, Row, encode, in_order
from agent.store.tombstones import Slot, Tombstone, joined

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW = Now(at=NOON, mono_s=5.0)


def event(seq: int, resource: str | None) -> Event:
    return Event(
        id=f"{seq}",
        name="user:charger:updated",
        resource_type="charger",
        resource_id=resource or "garage",
        resource_rev=seq,
        now=NOW,
        body=b"{}",
        coalesces=resource is not None,
    )


def slot(seq: int, resource: str | None = None, *, first: int | None = None) -> Slot:
    gone = first is not None
    first = seq if first is None else first
    return Slot(seq, 0.0, first, seq - first + 1 if gone else 0, resource, gone)


def test_needless_neighbours_become_one_tombstone() -> None:
    slots = [slot(1, "a"), slot(2, "b"), slot(3), slot(4, "a"), slot(5, "a"), slot(6, "b")]
    assert joined(slots, {"a": 5, "b": 6}) == [Tombstone(1, 2, 2, 2), Tombstone(4, 4, 1, 1)]


def test_a_tombstone_grows_by_its_neighbours_and_alone_stays_as_it_is() -> None:
    assert joined([slot(5, first=2)], {}) == []
    assert joined([slot(5, first=2), slot(6)], {}) == []
    grown = joined([slot(1, "a"), slot(5, first=2), slot(9, first=6), slot(10, "a")], {"a": 11})
    assert grown == [Tombstone(1, 10, 10, 4)]


def test_only_what_is_old_enough_goes() -> None:
    slots = [slot(1, "a")._replace(at_s=10.0), slot(2, "a")._replace(at_s=20.0)]
    assert joined(slots, {"a": 3}, before_s=20.0) == [Tombstone(1, 1, 1, 1)]


resources = st.sampled_from(["a", "b", None])


@given(st.lists(resources, max_size=60), st.integers(0, 20))
def test_waiting_events_keep_every_number_and_the_last_word_on_each_resource(
    told: list[str | None], keep: int
) -> None:
    rows: dict[Key, Row] = {("setting", "x"): Row(2, "", ())}
    for seq, resource in enumerate(told, 1):
        rows |= dict([event_row(event(seq, resource), seq, 1)])
    before = dict(rows)
    without_needless_events(rows, keep)
    if len(told) <= keep:
        assert rows == before
    slots = [slot_of(row) for key, row in rows.items() if key[0] == "outbox"]
    assert [n for s in slots for n in range(s.first, s.seq + 1)] == list(range(1, len(told) + 1))
    gone = [n for s in slots if s.gone for n in range(s.first, s.seq + 1)]
    newest = newest_of(row for key, row in before.items() if key[0] == "outbox")
    assert all(told[n - 1] and newest[f"charger/{told[n - 1]}"] > n for n in gone)
    assert sum(s.dropped for s in slots) == len(gone)
    assert ("setting", "x") in rows
    if len(told) > keep:
        assert sum(not s.gone for s in slots) == told.count(None) + len(newest)


def database(rows: dict[Key, Row]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for number in migrations.SCRIPTS:
        migrations.apply(db, number)
    for row in in_order(rows):
        db.execute(row.sql, row.params)
    return db


def test_the_outbox_is_brought_under_its_cap_and_then_left_in_peace() -> None:
    told = dict(event_row(event(n, "a" if n % 4 else None), n, 1) for n in range(1, 1001))
    db, overflow = database(told), Overflow(cap_bytes=30_000)
    assert outbox_bytes(db) == 1000 * (80 + 2)
    coming = dict([event_row(event(1024, None), 1024, 1)])
    for _ in range(3):
        overflow.keep_cap(db, coming)
    kept = db.execute("SELECT count(*) FROM outbox WHERE body IS NOT NULL").fetchone()
    assert kept == (250 + 1,)
    assert hidden(db) == 249 * 2 + 1  # 250 stretches of three, the last without its last
    assert overflow.drop_some(db) == 0
    db.close()


def test_a_sweep_of_many_chunks_leaves_one_tombstone() -> None:
    told = dict(event_row(event(n, "a"), n, 1) for n in range(1, 101))
    db, overflow = database(told), Overflow(cap_bytes=0, chunk_rows=7)
    while overflow.drop_some(db):
        pass
    rows = db.execute("SELECT seq, from_seq, dropped FROM outbox ORDER BY seq").fetchall()
    assert rows == [(99, 1, 99), (100, None, None)]
    db.close()


def test_old_needless_events_go_by_age() -> None:
    told = dict(event_row(event(n, "a"), n, 1) for n in range(1, 11))
    young = replace(event(11, "a"), now=NOW.later(60))
    db = database(told | dict([event_row(young, 11, 1), event_row(event(12, None), 12, 1)]))
    overflow = Overflow(cap_bytes=1e9)
    assert overflow.drop_old(db, NOON.timestamp()) == 0
    assert overflow.drop_old(db, NOON.timestamp() + 30) == 10
    assert overflow.drop_old(db, NOON.timestamp() + 30) == 0
    assert hidden(db) == 9
    db.close()


def test_tombstones_can_be_written_and_read_back_as_rows() -> None:
    stone = Tombstone(3, 9, 7, 2)
    row = tombstone_row(stone, 1, 5.0)[1]
    assert slot_of(row) == Slot(9, 5.0, 3, 7, None, True)


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda t: b"{" + t.encode()))
def test_what_is_packed_comes_back(text: bytes) -> None:
    assert unpack(pack(text)) == text


def test_the_words_that_stored_events_were_packed_with_never_change() -> None:
    assert zlib.crc32(packing._WORDS_1) == 840531652
    assert (
        len(pack(b'{"chargeState":{"isPluggedIn":true,"isCharging":true,"chargeRate":7.36}}')) < 25
    )


@pytest.mark.parametrize("stored", [b"", b"\x07", b"\x01", b"\x01\xff\xff", pack(b"x" * 99)[:-1]])
def test_what_was_not_packed_here_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="a stored event"):
        unpack(stored)


def test_documents_and_answers_come_back_as_they_were() -> None:
    garage = DeviceId("garage")
    rule = Rule(should_charge=False, from_minute=0, to_minute=1440, weekdays=frozenset({6, 0}))
    plan = Schedule(id="s", target=garage, target_kind=DeviceKind.VEHICLE, rules=(rule,))
    place = Location(id="h", name="Käfer", chargers=(garage,))
    for kind, value in ((DocumentKind.SCHEDULE, plan), (DocumentKind.LOCATION, place)):
        document = Document(kind=kind, id="d", rev=2, source=Source.CONFIG, value=value)
        assert decode_document(encode(document)) == document
    override = Override(
        id="o", device=garage, device_kind=DeviceKind.CHARGER, created_at=NOON, ended_at=NOON
    )
    assert decode_override(encode(override)) == override
    answer = Answer(override=override, problem="no", status=422)
    assert decode_answer(encode(answer)) == answer
