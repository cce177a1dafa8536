"""What the simulated cloud keeps of what comes in any order, again, torn, or not at all."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cloud import telemetry, wire
from simulators.cloud.gaps import Gaps
from simulators.cloud.nasty import Nasty
from simulators.cloud.report import report
from simulators.cloud.store import Store

Json = dict[str, Any]
MINUTE_US = 60_000_000


@contextmanager
def memory() -> Iterator[Store]:
    store = Store(Path(":memory:"))
    try:
        yield store
    finally:
        store.close()


def envelope(seq: int, **more: Any) -> Json:
    body = {"eventId": f"e{seq}", "seq": seq, "bootId": "b", "event": "user:charger:updated"}
    return {**body, "resourceRev": seq, "charger": {"id": "box"}, **more}


def told(body: Any, *parts: str, agent: str = "a1") -> wire.Message:
    return wire.Message(agent, parts or ("event",), json.dumps(body).encode())


def found(store: Store) -> Json:
    one: Json = report(store.db)["agents"]["a1"]
    return one


@given(
    sent=st.integers(1, 25),
    arrivals=st.data(),
)
def test_whatever_arrives_is_kept_once_and_the_ack_is_the_prefix(
    sent: int, arrivals: st.DataObject
) -> None:
    came = arrivals.draw(st.lists(st.integers(1, sent), max_size=60))
    sizes = arrivals.draw(st.lists(st.integers(1, 5), min_size=len(came), max_size=len(came)))
    with memory() as store:
        at = 0
        for size in sizes:
            if part := came[at : at + size]:
                store.take([told([envelope(seq) for seq in part])])
            at += size
        kept = set(came)
        prefix = next((n for n in range(sent + 1) if n + 1 not in kept), sent)
        assert [e["seq"] for e in store.events("a1", 1, 1000)] == sorted(kept)
        assert store.ack_seq("a1")[0] == prefix
        if kept:
            proof = found(store)
            assert proof["sent"] == max(kept)
            assert proof["missing"] == max(kept) - len(kept)
            assert proof["redelivered"] == len(came) - len(kept)
            assert (proof["duplicated"], proof["disordered"], proof["conflicts"]) == (0, 0, 0)


@given(
    ranges=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), max_size=4), data=st.data()
)
def test_dropped_ranges_are_accounted_for_in_any_order(
    ranges: list[tuple[int, int]], data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.integers(1, 18)))
    gone = {"event": wire.DROPPED, "dropped": {"count": 1}, "charger": None}
    spans = [(first, first + length) for first, length in ranges]
    bodies = [envelope(seq) for seq in kept]
    bodies += [
        envelope(to, **gone, fromSeq=first) | {"eventId": f"gone{n}"}
        for n, (first, to) in enumerate(spans)
    ]
    covered = kept | {seq for first, to in spans for seq in range(first, to + 1)}
    with memory() as store:
        for body in data.draw(st.permutations(bodies)):
            store.take([told(body)])
        if not covered:
            return
        proof = found(store)
        prefix = next(n for n in range(20) if n + 1 not in covered)
        assert (proof["acked"], proof["stored"]) == (prefix, len(kept))
        assert proof["missing"] == max(covered) - len(covered)
        assert proof["dropped"] == len(covered - kept)


@given(order=st.permutations(range(6)), lost=st.sets(st.integers(0, 5)))
def test_samples_are_acked_up_to_the_first_hole(order: list[int], lost: set[int]) -> None:
    order = [0, *(n for n in order if n and n not in lost)]  # the first one has nobody before it
    with memory() as store:
        for n in order:
            stretch = wire.Stretch(
                n * MINUTE_US,
                (n + 1) * MINUTE_US,
                f"minute {n + 1}",
                (("w", n * MINUTE_US, n),),
                None,
            )
            with store.transaction():
                store.db.execute("INSERT OR IGNORE INTO agent (agent_id) VALUES ('a1')")
                telemetry.keep(store.db, "a1", "meter/m", stretch)
        until = next(n for n in range(8) if n not in order)
        assert telemetry.reach(store.db, "a1") == {"meter/m": f"minute {until}"}
        proof = found(store)["telemetry"]
        kept = sorted(order)
        holes = [b - a - 1 for a, b in pairwise(kept) if b > a + 1]
        assert (proof["samples"], proof["holes"]) == (len(kept), len(holes))
        assert proof["holeSeconds"] == 60 * sum(holes)


def test_the_same_change_under_two_seqs_is_a_duplicate() -> None:
    with memory() as store:
        store.take([told([envelope(1), envelope(2, resourceRev=1)])])
        assert found(store)["duplicated"] == 1
        assert not report(store.db)["clean"]


def test_an_event_id_under_two_seqs_is_a_duplicate() -> None:
    with memory() as store:
        taken = store.take([told([envelope(1), envelope(2, eventId="e1", resourceRev=2)])])
        assert found(store)["duplicated"] == 1
        assert "another content" in taken.faults[0]


def test_a_resource_that_runs_backwards_is_seen() -> None:
    with memory() as store:
        store.take([told([envelope(1, resourceRev=2), envelope(2, resourceRev=1)])])
        assert found(store)["disordered"] == 1


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"{", "no JSON"),
        (b"[1]", "an event is a JSON object"),
        (b"\x1f\x8b broken", "no JSON"),
        (b'{"event": "x", "seq": 0, "eventId": "e"}', "no range from 1 up"),
        (b'{"event": "x", "seq": true, "eventId": "e"}', "seq is True"),
        (b'{"event": "x", "seq": 1}', "eventId is None"),
        (b"[" * 100_000, "no JSON"),
        (b" " * 200_000, "more than 131072"),
    ],
)
def test_a_malformed_event_is_named_and_counted(payload: bytes, why: str) -> None:
    with memory() as store:
        taken = store.take([wire.Message("a1", ("event",), payload), told(envelope(1))])
        assert why in taken.faults[0]
        assert (found(store)["malformed"], found(store)["stored"]) == (1, 1)


def test_a_small_gzip_does_not_fill_the_memory() -> None:
    bomb = gzip.compress(b'"' + b"x" * (64 * 1024 * 1024) + b'"')
    assert len(bomb) < wire.LONGEST_PAYLOAD
    with pytest.raises(wire.Malformed):
        wire.unpack(bomb)


def test_retained_documents_go_when_they_are_empty() -> None:
    with memory() as store:
        store.take([told({"id": "box"}, "state", "charger", "box")])
        assert store.documents("a1", "state/") == {"state/charger/box": {"id": "box"}}
        store.take([wire.Message("a1", ("state", "charger", "box"), b"")])
        assert store.documents("a1") == {}


def test_a_restart_is_no_second_agent_but_a_return_is() -> None:
    with memory() as store:
        for boot_id in ("b1", "b2", "b2"):
            store.take([told({"online": True, "bootId": boot_id}, "status")])
        assert not found(store)["twoAgents"]
        taken = store.take([told({"online": True, "bootId": "b1"}, "status")])
        assert found(store)["twoAgents"]
        assert "two agents use this id" in taken.faults[0]


def test_events_that_wait_in_two_heartbeats_are_missing_until_they_come() -> None:
    beat = {"event": wire.HEARTBEAT, "pendingEvents": 2}
    with memory() as store:
        store.take([told(envelope(1))])
        store.told["a1"] = 1
        store.take([told(beat)])
        assert (found(store)["sent"], store.behind()) == (1, [])
        store.take([told(beat)])
        assert (found(store)["missing"], found(store)["missingRanges"]) == (2, [[2, 3]])
        assert (store.behind(), store.page("a1")) == ([("a1", 2)], {"fromSeq": 2})
        store.take([told([envelope(2), envelope(3)])])
        store.take([told(beat | {"pendingEvents": 0})])
        assert report(store.db)["clean"]


def test_a_heartbeat_from_before_an_ack_claims_no_events_that_never_were() -> None:
    beat = {"event": wire.HEARTBEAT, "pendingEvents": 20, "lastSeq": 20}
    with memory() as store:
        store.take([told([envelope(seq) for seq in range(1, 21)])])
        store.told["a1"] = 20
        store.take([told(beat)])
        store.take([told(beat)])
        assert (found(store)["sent"], found(store)["missing"]) == (20, 0)
        assert report(store.db)["clean"]


def test_results_that_differ_for_one_request_are_counted() -> None:
    with memory() as store:
        for status in (200, 200, 409):
            store.take([told({"requestId": "r", "status": status, "body": {}}, "cmd-result", "r")])
        results = found(store)["results"]
        assert (results["repeated"], results["changed"]) == (2, 1)


def test_a_gap_is_asked_for_after_its_time_and_then_more_rarely() -> None:
    gaps = Gaps(10.0)
    asked = [t for t in range(100) if gaps.due([("a1", 5)], t)]
    assert asked == [10, 30, 70]


def test_a_gap_that_shrinks_is_not_asked_for() -> None:
    gaps = Gaps(10.0)
    assert not any(gaps.due([("a1", t // 9)], t) for t in range(100))
    assert gaps.due([], 100) == []


def test_unknown_bad_manners_are_refused() -> None:
    with pytest.raises(ValueError, match="no setting 'rude'"):
        Nasty().change({"rude": 1})
    with pytest.raises(ValueError, match="ack is 1"):
        Nasty().change({"ack": 1})
