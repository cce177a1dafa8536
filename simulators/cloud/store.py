"""What the cloud keeps: one SQLite file, flushed before anything is acked.

Several instances may share a file (several consumers of one shared subscription): whatever is
said about an agent is read from the file inside the transaction that changes it.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulators.cloud import presence, telemetry, wire
from simulators.cloud.schema import SCHEMA

_BUSY_S = 10.0


@dataclass(slots=True)
class Taken:
    """What a batch brought.

    Args:
        events, reaches: agents whose events, and per agent the resources whose samples, are to be
            acked.
        greeted: agents that said that they are there; they are told everything again.
        first: event rows that were new.
        faults: sentences for a person.
    """

    events: set[str] = field(default_factory=set)
    reaches: dict[str, set[str]] = field(default_factory=dict)
    greeted: set[str] = field(default_factory=set)
    results: list[tuple[str, wire.Json]] = field(default_factory=list)
    first: int = 0
    faults: list[str] = field(default_factory=list)


class Store:
    """Not for two threads at the same time.

    Args:
        told: per agent the ackSeq that was really sent, as far as this process knows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: dict[str, int] = {}
        self.db = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        self.db.close()

    def client_id(self) -> str:
        """The same for the same file, so that the broker knows the session again."""
        return "hearth-cloud-" + hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:8]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def take(self, batch: Sequence[wire.Message]) -> Taken:
        """Keep a batch; when this returns it is on disk."""
        taken = Taken()
        with self.transaction():
            for message in batch:
                self._known(message.agent)
                try:
                    self._take_one(message, taken)
                except wire.Malformed as error:
                    self._count(message.agent, "malformed")
                    where = f"{message.agent}: {'/'.join(message.parts)}"
                    taken.faults.append(f"{where}: {error}; ignored")
            for agent in taken.events:
                self._advance(agent)
        return taken

    def ack_seq(self, agent: str) -> tuple[int, str | None]:
        """Up to where all is stored, and the agent's bootId as far as it is known."""
        row = self.db.execute(
            "SELECT ack_seq, boot_id FROM agent WHERE agent_id=?", (agent,)
        ).fetchone()
        return (row[0], row[1]) if row else (0, None)

    def behind(self) -> list[tuple[str, int]]:
        """Agents that are there and of whom something is missing, with the first seq that is.

        An agent that says twice that events wait while nothing comes has lost them on the way.
        """
        return self.db.execute(
            "SELECT agent_id, ack_seq + 1 FROM agent"
            " WHERE (high_seq > ack_seq OR stuck > 1) AND online IS NOT 0"
        ).fetchall()

    def page(self, agent: str) -> wire.Json:
        """The first range that is missing, as page.get has it."""
        ack, high = self.db.execute(
            "SELECT ack_seq, high_seq FROM agent WHERE agent_id=?", (agent,)
        ).fetchone()
        if high <= ack:
            return {"fromSeq": ack + 1}
        found = self.db.execute(
            "SELECT min(seq) FROM (SELECT min(seq) AS seq FROM event WHERE agent_id=:a AND seq>:s"
            " UNION ALL SELECT min(from_seq) FROM dropped WHERE agent_id=:a AND from_seq>:s)",
            {"a": agent, "s": ack},
        ).fetchone()[0]
        return {"fromSeq": ack + 1, "toSeq": high if found is None else found - 1}

    def remember(self, agent: str, path: str, body: str) -> None:
        if body:
            self.db.execute("INSERT OR REPLACE INTO document VALUES (?,?,?)", (agent, path, body))
        else:
            self.db.execute("DELETE FROM document WHERE agent_id=? AND path=?", (agent, path))

    def documents(self, agent: str, under: str = "") -> dict[str, object]:
        """The retained documents of an agent by their topic below its base."""
        rows = self.db.execute(
            "SELECT path, body FROM document WHERE agent_id=? AND path LIKE ? ORDER BY path",
            (agent, under + "%"),
        )
        return {path: json.loads(body) for path, body in rows}

    def events(self, agent: str, from_seq: int, limit: int) -> list[wire.Json]:
        """What the agent told, in the order of seq."""
        rows = self.db.execute(
            "SELECT body FROM (SELECT seq, body FROM event WHERE agent_id=:a AND seq>=:s"
            " UNION ALL SELECT to_seq, body FROM dropped WHERE agent_id=:a AND to_seq>=:s)"
            " ORDER BY seq LIMIT :n",
            {"a": agent, "s": from_seq, "n": limit},
        )
        return [json.loads(body) for (body,) in rows]

    def _take_one(self, message: wire.Message, taken: Taken) -> None:
        agent = message.agent
        match message.parts:
            case ("event",):
                for body in wire.envelopes(message.payload):
                    self._take_envelope(agent, body, taken)
            case ("telemetry", kind, name):
                stretch = wire.stretch(message.payload)
                resource = f"{kind}/{name}"
                telemetry.keep(self.db, agent, resource, stretch)
                taken.reaches.setdefault(agent, set()).add(resource)
            case ("status",):
                self._take_status(agent, message.payload, taken)
            case ("state" | "reported", _, _):
                text = json.dumps(wire.unpack(message.payload)) if message.payload else ""
                self.remember(agent, "/".join(message.parts), text)
            case ("cmd-result", request_id):
                self._take_result(agent, request_id, wire.unpack(message.payload), taken)
            case _:
                raise wire.Malformed("the protocol knows no such topic")

    def _take_envelope(self, agent: str, body: wire.Json, taken: Taken) -> None:
        if body.get("event") == wire.HEARTBEAT:
            self._take_heartbeat(agent, body, taken)
            return
        event = wire.event(body)
        taken.events.add(agent)
        self.db.execute(
            "UPDATE agent SET high_seq=max(high_seq, ?), claimed_seq=0,"
            " boot_id=coalesce(boot_id, ?) WHERE agent_id=?",
            (event.seq, event.boot_id, agent),
        )
        if self._keep(agent, event):
            taken.first += 1
        elif self._is_conflict(agent, event):
            self.db.execute(
                "INSERT OR IGNORE INTO conflict VALUES (?,?,?,?)",
                (agent, event.seq, event.event_id, json.dumps(body)),
            )
            taken.faults.append(
                f"{agent}: seq {event.seq} or event {event.event_id} came with another content;"
                " two agents may share this id"
            )
        else:
            self._count(agent, "redelivered")

    def _keep(self, agent: str, event: wire.Event) -> bool:
        """Whether it is new."""
        text = json.dumps(event.body)
        if event.kind == wire.DROPPED:
            row = (agent, event.event_id, event.from_seq, event.seq, event.dropped, text)
            done = self.db.execute("INSERT OR IGNORE INTO dropped VALUES (?,?,?,?,?,?)", row)
            return done.rowcount > 0
        done = self.db.execute(
            "INSERT OR IGNORE INTO event VALUES (?,?,?,?,?,?,?,?,?)",
            (
                *(agent, event.seq, event.event_id, event.kind, event.resource),
                *(event.resource_rev, event.boot_id, time.time(), text),
            ),
        )
        return done.rowcount > 0

    def _is_conflict(self, agent: str, event: wire.Event) -> bool:
        if event.kind == wire.DROPPED:
            return False
        same = self.db.execute(
            "SELECT 1 FROM event WHERE agent_id=? AND seq=? AND event_id=?",
            (agent, event.seq, event.event_id),
        ).fetchone()
        return same is None

    def _take_heartbeat(self, agent: str, body: wire.Json, taken: Taken) -> None:
        self._note_boot(agent, body, taken)
        if presence.heartbeat(self.db, agent, body, self.told.get(agent, 0)):
            taken.greeted.add(agent)

    def _take_status(self, agent: str, payload: bytes, taken: Taken) -> None:
        if not payload:
            self.remember(agent, "status", "")
            return
        body = wire.unpack(payload)
        if not isinstance(body, dict):
            raise wire.Malformed("a status is a JSON object")
        self.remember(agent, "status", json.dumps(body))
        if presence.status(self.db, agent, body):
            self._note_boot(agent, body, taken)
            taken.greeted.add(agent)

    def _note_boot(self, agent: str, body: wire.Json, taken: Taken) -> None:
        if fault := presence.booted(self.db, agent, body.get("bootId")):
            taken.faults.append(fault)

    def _take_result(self, agent: str, request_id: str, body: object, taken: Taken) -> None:
        if not isinstance(body, dict) or not isinstance(body.get("status"), int):
            raise wire.Malformed("a result has a status and a body")
        taken.results.append((request_id, body))
        self.db.execute(
            "INSERT INTO result (agent_id, request_id, status, body) VALUES (?,?,?,?)"
            " ON CONFLICT DO UPDATE SET answers=answers+1, changed=changed+(body<>excluded.body)",
            (agent, request_id, body["status"], json.dumps(body, sort_keys=True)),
        )

    def _advance(self, agent: str) -> None:
        """Move the contiguous prefix over what is stored now."""
        ack, _ = self.ack_seq(agent)
        while (reached := self._walk(agent, ack)) > ack:
            ack = reached
        self.db.execute("UPDATE agent SET ack_seq=? WHERE agent_id=?", (ack, agent))

    def _walk(self, agent: str, ack: int) -> int:
        rows = self.db.execute(
            "SELECT seq FROM event WHERE agent_id=? AND seq>? ORDER BY seq", (agent, ack)
        )
        for (seq,) in rows:
            if seq != ack + 1:
                break
            ack = seq
        jump = self.db.execute(
            "SELECT max(to_seq) FROM dropped WHERE agent_id=? AND from_seq<=? AND to_seq>?",
            (agent, ack + 1, ack),
        ).fetchone()[0]
        return jump or ack

    def _known(self, agent: str) -> None:
        self.db.execute("INSERT OR IGNORE INTO agent (agent_id) VALUES (?)", (agent,))

    def _count(self, agent: str, column: str) -> None:
        self.db.execute(f"UPDATE agent SET {column}={column}+1 WHERE agent_id=?", (agent,))  # noqa: S608 -- a constant
