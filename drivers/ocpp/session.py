"""One charge point, by its identity: outlives its sockets, of which the newest counts."""

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.model.clock import Clock, Now
from agent.model.driver import LinkDown, Notebook, Report, TransactionBook
from drivers.ocpp import parse, rpc, versions
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Pacing, Priority
from drivers.ocpp.connector import Connector
from drivers.ocpp.dialect import Dialect
from drivers.ocpp.knowledge import Knowledge
from drivers.ocpp.line import Line
from drivers.ocpp.pulse import Pulse, Verdict
from drivers.ocpp.quirks import Quirks
from drivers.ocpp.records import Records
from drivers.ocpp.requests import Request
from drivers.ocpp.stamps import ChargerClock
from drivers.ocpp.suspicion import Suspicion
from drivers.ocpp.transport import ChargerSocket

log = logging.getLogger(__name__)

UNREADABLE_MAX = 50
SILENCES_MAX = 3
DEAF_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all sessions of a listener use.

    Args:
        speak: makes a dialect, by the version of OCPP.
    """

    clock: Clock
    book: TransactionBook
    notebook: Notebook
    pacing: Pacing
    report: Report
    speak: "Callable[[str, Session], Dialect]"


class Session:
    """Args:
    connectors: by connector id; at least one.
    heartbeat_s: the interval that the charger is told.
    """

    def __init__(
        self, identity: str, connectors: Mapping[int, Connector], heartbeat_s: int, who: Anomalies
    ) -> None:
        self.identity = identity
        self.connectors = connectors
        self.heartbeat_s = heartbeat_s
        self.anomalies = who
        self.name = who.who
        self.stamps = ChargerClock()
        self.knowledge = Knowledge(identity, tuple(connectors.values()))
        self.records = Records()
        self.work = asyncio.Event()
        self.audit_due = False
        self.booted_s: float | None = None
        self.suspicion = Suspicion()
        self.ping_due = False
        self._line: Line | None = None
        self._source: str | None = None
        self._silences = 0
        self._deaf_until_s: float | None = None
        self._shared: Shared | None = None
        self.version: str | None = None  # of OCPP, as spoken last
        self._dialect: Dialect | None = None
        self._guessed = False

    @property
    def dialect(self) -> Dialect:
        """How to speak with it.

        Raises:
            LinkDown: it has not connected yet.
        """
        if self._dialect is None:
            raise LinkDown(f"{self.name} is not connected")
        return self._dialect

    @property
    def shared(self) -> Shared:
        if self._shared is None:
            raise LinkDown(f"{self.name} cannot be reached: the OCPP listener does not run")
        return self._shared

    def start(self, shared: Shared) -> None:
        """Bind to a running listener."""
        self._shared = shared
        self.knowledge.notebook = shared.notebook

    @property
    def linked(self) -> bool:
        return self._line is not None

    @property
    def alone(self) -> bool:
        """Whether the box has one charger only, as far as the config says."""
        return len(self.connectors) == 1

    @property
    def quirks(self) -> Quirks:
        return self.knowledge.quirks

    async def serve(self, socket: ChargerSocket) -> None:
        """Hold one connection until it ends; it replaces any older one."""
        line = self._attach(socket)
        try:
            await self._tell_all(reachable=True, problem="")
            await line.listen(functools.partial(self._take, line))
        except LinkDown as error:
            log.debug("%s: %s", self.name, error)
        finally:
            line.calls.close(f"{self.name} is not connected")
            replaced = self._line is not line
            if not replaced:
                self._line = None
        if not replaced:
            await self._tell_all(reachable=False, problem=line.parting)

    async def refused(self, why: str) -> None:
        """Somebody of this identity was not let in; no news while the charger itself is here."""
        if self._line is None:
            await self._tell_all(reachable=False, problem=why)

    async def call(
        self, request: Request, *, priority: Priority, patience: float = 1.0
    ) -> dict[str, Any]:
        """Ask the charger.

        Raises:
            LinkDown: it is not connected or does not answer.
            Declined: it answered with an error.
        """
        if self._line is None:
            raise LinkDown(f"{self.name} is not connected")
        if self.deaf:
            raise LinkDown(f"{self.name} does not answer any command; restart the charger")
        return await self._line.calls.call(
            request.action, request.payload, priority=priority, patience=patience
        )

    async def settled(self) -> None:
        """Wait until the charger may be asked something, having had its say first.

        Raises:
            LinkDown: it is not connected.
        """
        if self._line is None:
            raise LinkDown(f"{self.name} is not connected")
        await self._line.calls.ready()

    def drop(self) -> None:
        """Close the connection, so that the charger dials again."""
        if self._line is not None:
            self._line.abort()

    @property
    def deaf(self) -> bool:
        """Whether nothing is asked for a while, so that at least its messages come through.

        EN+ firmware 1.1.805 swallows every request; reconnecting over and over helps nobody.
        """
        return (
            self._deaf_until_s is not None and self.shared.clock.now().mono_s < self._deaf_until_s
        )

    async def tell(self, connector: Connector, **said: Any) -> None:
        await self.shared.report(connector.reading(self.shared.clock.now(), **said))

    def check_pulse(self, now: Now) -> None:
        """Close a connection that has been silent for three heartbeats; ping it before that."""
        if self._line is None:
            return
        verdict = self._line.pulse(now.mono_s)
        if verdict is Verdict.DEAD:
            log.warning("%s has been silent for too long; Hearth closes the connection", self.name)
            self._line.abort()
        elif verdict is Verdict.PING:
            self.ping_due = True
            self.work.set()

    async def ping(self) -> None:
        """Ask for any sign of life.

        Raises:
            LinkDown: the connection is gone.
        """
        self.ping_due = False
        if self._line is not None:
            await self._line.ping()

    def _speak(self, version: str) -> None:
        if version != self.version:
            self._dialect, self.version = self.shared.speak(version, self), version

    def _give_up_on(self, line: Line) -> None:
        """The charger has left several requests in a row unanswered."""
        line.abort()
        self._silences += 1
        if self._silences >= SILENCES_MAX:
            log.warning(
                "%s answers no command over any connection; Hearth only listens to it for now. "
                "Restart the charger",
                self.name,
            )
            self._deaf_until_s = self.shared.clock.now().mono_s + DEAF_S

    def _attach(self, socket: ChargerSocket) -> Line:
        older, now = self._line, self.shared.clock.now()
        self._speak(socket.version)
        self._guessed = socket.guessed
        if socket.offered:
            self.anomalies.count(
                f"subprotocol {parse.text(socket.offered, 60)} instead of {'ocpp' + socket.version}"
            )
        if socket.source != self._source:
            log.info("%s connects from %s", self.name, socket.source)
            self._source = socket.source
        pacing = self.shared.pacing
        pulse = Pulse(self.heartbeat_s, pacing.quiet_s, now.mono_s)
        line = Line(self.name, self.identity, socket, pacing, pulse, lambda: self._give_up_on(line))
        self._line = line
        if older is not None:
            older.calls.close(f"{self.name} has connected anew")
            older.abort()
        self.audit_due = True
        for connector in self.connectors.values():
            connector.status_is_fresh = False
            connector.fell_back = connector.limiter.reconnected(now)
        self.work.set()
        return line

    async def _take(self, line: Line, data: bytes) -> None:
        now = self.shared.clock.now()
        frame = rpc.read_frame(data)
        line.calls.heard()
        if isinstance(frame, rpc.Call):
            line.unreadable = 0
            await self._answer(line, frame, now)
        elif isinstance(frame, rpc.Unreadable):
            await self._overlook(line, frame)
        elif isinstance(frame, rpc.Aside):
            if frame.what is not None:
                self.anomalies.count(frame.what)
        else:
            self._silences, self._deaf_until_s = 0, None
            line.calls.answered(frame)

    async def _answer(self, line: Line, call: rpc.Call, now: Now) -> None:
        for oddity in call.oddities:
            self.anomalies.count(oddity)
        if self._guessed and versions.betrays_newer(call.action, call.payload):
            self._speak(versions.NEWER)
        reply, readings = await self.dialect.handle(self, call, now)
        if isinstance(reply, rpc.Fault):
            await line.write(rpc.fault_frame(call.id, reply.code, reply.description))
        else:
            await line.write(rpc.result_frame(call.id, reply))
        for reading in readings:
            await self.shared.report(reading)

    async def _overlook(self, line: Line, frame: rpc.Unreadable) -> None:
        self.anomalies.count(frame.why)
        line.unreadable += 1
        if frame.id is not None:
            await line.write(rpc.fault_frame(frame.id, versions.malformed(self.version), frame.why))
        if line.unreadable >= UNREADABLE_MAX:
            log.warning("%s sends nothing but nonsense; Hearth closes the connection", self.name)
            line.abort()

    async def _tell_all(self, *, reachable: bool, problem: str) -> None:
        now = self.shared.clock.now()
        for connector in self.connectors.values():
            await self.shared.report(
                connector.link_reading(now, reachable=reachable, problem=problem)
            )
