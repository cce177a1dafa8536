"""The demo's cloud: it goes away for a while, comes back, and misses nothing."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.cli.demo.processes import Process

AGENT_ID = "demo-house"
AWAY_AFTER_S, AWAY_FOR_S, AWAY_EVERY_S = 12.0, 8.0, 90.0
BACK_BEFORE_END_S = 12.0
"""An absence must be over well before the end, or nothing could be proved."""

SETTLED_WITHIN_S = 90.0
"""Hearth may wait 30 s, by chance, before it tries a broker that is back, and it waits 60 s before
it sends again what only the broker has had."""

Run = Callable[..., Process]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of all that was sent up to the end; counts of events.

    Args:
        acked, missing: of those that were sent.
        away_s: for how long the cloud was away, real time.
    """

    sent: int
    acked: int
    missing: int
    duplicated: int
    away_s: float


class DemoCloud:
    """A broker of its own, so that it can be gone while Home Assistant's stays."""

    def __init__(self, run: Run, folder: Path, clock: str) -> None:
        self._run, self._began_s = run, time.monotonic()
        self._broker = run("cloud broker", "simulators.broker", "--port", "0")
        self.port = int(self._broker.wait_for("ready")["port"])
        cloud = run(
            "cloud",
            "simulators.cloud",
            *("--broker", f"127.0.0.1:{self.port}"),
            *("--store", str(folder / "cloud.db")),
            *("--control-port", "0"),
            *("--patience", "2"),
            *("--clock", clock),
        )
        self._control = int(cloud.wait_for("ready")["control"])
        self._next_s = self._began_s + AWAY_AFTER_S
        self._left_s: float | None = None
        self._away_s = 0.0

    @property
    def away(self) -> bool:
        return self._left_s is not None

    def live(self, now_s: float, ends_in_s: float) -> None:
        """Leave and come back when it is time for that."""
        if self._left_s is not None:
            if now_s - self._left_s >= AWAY_FOR_S or ends_in_s < BACK_BEFORE_END_S:
                self._come_back(now_s)
        elif now_s >= self._next_s and ends_in_s > AWAY_FOR_S + BACK_BEFORE_END_S:
            self._broker.stop()
            self._left_s, self._next_s = now_s, now_s + AWAY_EVERY_S

    def prove(self, status: Callable[[], dict[str, Any]]) -> Proof:
        """Wait until all that was told so far is acked, then compare both ends up to there: what
        Hearth tells of meanwhile is on its way, and a heartbeat may name it before it comes."""
        now_s = time.monotonic()
        if self._left_s is not None:
            self._come_back(now_s)
        end_s = now_s + SETTLED_WITHIN_S
        outbox = status()["metrics"]["cloud"]
        sent = int(outbox["lastSeq"])
        while outbox["ackedSeq"] < sent and time.monotonic() < end_s:
            time.sleep(0.2)
            outbox = status()["metrics"]["cloud"]
        report = self._ask({"report": True})["report"]["agents"].get(AGENT_ID, {})
        return Proof(
            sent=sent,
            acked=min(outbox["ackedSeq"], sent),
            missing=missing(report, sent),
            duplicated=int(report.get("duplicated", 0)),
            away_s=round(self._away_s, 1),
        )

    def _come_back(self, now_s: float) -> None:
        self._away_s += now_s - (self._left_s or now_s)
        self._left_s = None
        self._broker = self._run("cloud broker", "simulators.broker", "--port", str(self.port))
        self._broker.wait_for("ready")

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self._control), timeout=10) as line:
            line.sendall(json.dumps(question).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        return answer


def missing(report: dict[str, Any], sent: int) -> int:
    """How many of the events 1..`sent` the cloud can not account for.

    Args:
        report: its own, of one agent; empty if it never heard of it. Names the first 20 ranges.
    """
    ranges: list[list[int]] = report.get("missingRanges", [])
    known = int(report.get("sent", 0))
    return max(0, sent - known) + sum(max(0, min(to, sent) - first + 1) for first, to in ranges)
