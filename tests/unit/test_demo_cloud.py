"""How the demo counts what its cloud misses."""

from pathlib import Path
from typing import Any

import pytest

from agent.cli.demo.cloud import missing
from simulators.cloud.report import report
from simulators.cloud.store import Store
from simulators.cloud.wire import HEARTBEAT, Message, pack


def told(*seqs: int, named: int | None = None) -> dict[str, Any]:
    """The cloud's report after these events, and a heartbeat that names the last one there is."""
    store = Store(Path(":memory:"))
    try:
        for seq in seqs:
            body = {"eventId": f"e{seq}", "seq": seq, "event": "user:charger:updated"}
            store.take([Message("a", ("event",), pack(body))])
        if named is not None:
            beat = {"event": HEARTBEAT, "pendingEvents": 1, "lastSeq": named}
            store.take([Message("a", ("event",), pack(beat))])
        agents: dict[str, dict[str, Any]] = report(store.db)["agents"]
        return agents.get("a", {})
    finally:
        store.close()


def test_what_a_heartbeat_names_before_it_comes_is_on_its_way_and_not_missing() -> None:
    found = told(1, 2, 3, named=23)
    assert found["missing"] == 20
    assert missing(found, 3) == 0


@pytest.mark.parametrize(
    ("seqs", "sent", "lost"),
    [((1, 2, 3), 3, 0), ((1, 3, 6), 6, 3), ((1, 3, 6), 4, 2), ((1, 2), 5, 3), ((), 4, 4)],
)
def test_each_event_up_to_the_end_that_is_not_there_is_missing(
    seqs: tuple[int, ...], sent: int, lost: int
) -> None:
    assert missing(told(*seqs), sent) == lost


def test_what_is_lost_is_missing_whatever_heartbeats_say() -> None:
    assert missing(told(1, 4, named=9), 7) == 5
