"""One charge point, by its identity: outlives its sockets, of which the newest counts."""

import asyncio
import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent.model.clock import Clock, Now
from agent.model.driver import LinkDown, Notebook, Report, Transaction, TransactionBook
from agent.model.readings import ChargerReading, Reading
from drivers.ocpp import rpc
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Calls, Pacing, Priority
from drivers.ocpp.connector import Connector, OpenTransaction
from drivers.ocpp.forms import Form, ladder
from drivers.ocpp.quirks import BY_THE_BOOK, Quirks, quirks_of
from drivers.ocpp.requests import Request
from drivers.ocpp.stamps import ChargerClock
from drivers.ocpp.transport import ChargerSocket, read_frames, write_frame

log = logging.getLogger(__name__)

NOTES = "ocpp"
SILENT_HEARTBEATS = 3
UNREADABLE_MAX = 50
ENDED_KEPT = 8
STARTS_KEPT = 16


class Dialect(Protocol):
    """One version of OCPP: what the charger's requests mean."""

    async def handle(
        self, session: "Session", call: rpc.Call, now: Now
    ) -> tuple[dict[str, Any] | rpc.Fault, Sequence[Reading]]:
        """Return the reply, and the Readings to report once it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a charger says it is."""

    vendor: str = ""
    model: str = ""
    serial_number: str | None = None
    firmware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all sessions of a listener use."""

    clock: Clock
    book: TransactionBook
    notebook: Notebook
    pacing: Pacing
    dialect: Dialect
    report: Report


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
        self.model: Model | None = None
        self.quirks: Quirks = BY_THE_BOOK
        self.note: dict[str, object] = {}
        self.unfinished: dict[int, Transaction] = {}  # of the book, not (yet) seen running
        self.ended: list[int] = []
        self.starts: dict[str, Transaction] = {}  # the last few, to know repetitions
        self.work = asyncio.Event()
        self.audit_due = False
        self.booted_s: float | None = None
        self.changed: tuple[str, float] | None = None  # last setting written, and when
        self.heard_mono_s = 0.0
        self._socket: ChargerSocket | None = None
        self._calls: Calls | None = None
        self._pinged = False
        self._unreadable = 0
        self._shared: Shared | None = None

    @property
    def shared(self) -> Shared:
        if self._shared is None:
            raise LinkDown(f"{self.name} cannot be reached: the OCPP listener does not run")
        return self._shared

    def start(self, shared: Shared) -> None:
        """Bind to a running listener."""
        self._shared = shared

    @property
    def linked(self) -> bool:
        return self._socket is not None

    @property
    def alone(self) -> bool:
        """Whether the box has one charger only, as far as the config says."""
        return len(self.connectors) == 1

    async def serve(self, socket: ChargerSocket) -> None:
        """Hold one connection until it ends; it replaces any older one."""
        now = self.shared.clock.now()
        calls = self._attach(socket, now)
        try:
            await self._tell_all(reachable=True, problem="")
            await read_frames(socket, functools.partial(self._take, socket, calls))
        except LinkDown as error:
            log.debug("%s: %s", self.name, error)
        finally:
            calls.close(f"{self.name} is not connected")
            replaced = self._socket is not socket
            if not replaced:
                self._socket = self._calls = None
        if not replaced:
            log.info("%s is gone (%s)", self.name, _parting(socket))
            await self._tell_all(reachable=False)

    async def call(
        self, request: Request, *, priority: Priority, patience: float = 1.0
    ) -> dict[str, Any]:
        """Ask the charger.

        Raises:
            LinkDown: it is not connected or does not answer.
            Declined: it answered with an error.
        """
        if self._calls is None:
            raise LinkDown(f"{self.name} is not connected")
        return await self._calls.call(
            request.action, request.payload, priority=priority, patience=patience
        )

    def drop(self) -> None:
        """Close the connection, so that the charger dials again."""
        if self._socket is not None:
            self._socket.abort()

    async def tell(self, connector: Connector, **said: Any) -> None:
        await self.shared.report(connector.reading(self.shared.clock.now(), **said))

    def check_pulse(self, now: Now) -> None:
        """Close a connection that has been silent for three heartbeats, house and real time."""
        socket, loop_s = self._socket, asyncio.get_running_loop().time()
        if socket is None:
            return
        if loop_s - socket.heard_s < self.shared.pacing.quiet_s:
            if now.mono_s > self.heard_mono_s:
                self.heard_mono_s = now.mono_s
                self._pinged = False
            return
        if now.mono_s - self.heard_mono_s > SILENT_HEARTBEATS * self.heartbeat_s:
            log.warning("%s has said nothing for %d heartbeats", self.name, SILENT_HEARTBEATS)
            self.drop()

    async def remember(self, **facts: object) -> None:
        """Keep facts about the charger for the time after a restart."""
        news = {**self.note, **facts}
        if news != self.note:
            self.note = news
            await self.shared.notebook.write_note(NOTES, self.identity, news)

    def recall(self, note: Mapping[str, object]) -> None:
        """Take what was remembered; a charger need not introduce itself again."""
        self.note = dict(note)
        words = {name: note.get(name) for name in ("vendor", "model", "firmware")}
        if all(isinstance(word, str) for word in words.values()):
            self._become(Model(**{name: str(word) for name, word in words.items()}))

    async def introduce(self, model: Model) -> None:
        """Take what the charger says it is; a new model or firmware is probed anew."""
        same = self.model is not None and replace(model, serial_number=None) == replace(
            self.model, serial_number=None
        )
        if not same:
            await self.remember(
                vendor=model.vendor,
                model=model.model,
                firmware=model.firmware,
                forms={},
                composite=True,
                units=[],
                audit="",
            )
        if not same or any(c.limiter.form is None for c in self.connectors.values()):
            self._become(model)
        self.model = model

    def _become(self, model: Model) -> None:
        self.model = model
        self.quirks = quirks_of(model.vendor, model.model, model.firmware)
        for connector in self.connectors.values():
            connector.quirks = self.quirks
            connector.limiter.steps_a = self.quirks.steps_a
            connector.limiter.retry(self.forms(connector))

    def forms(self, connector: Connector) -> tuple[Form, ...]:
        """Forms of limits to try at this connector, what worked before first."""
        noted = self.note.get("forms")
        form = noted.get(str(connector.config.connector)) if isinstance(noted, Mapping) else None
        units = self.note.get("units")
        known = [str(unit) for unit in units] if isinstance(units, list) else []
        if self.quirks.unit is not None:
            known = [self.quirks.unit]
        first = Form.from_note(form)
        if first is None and self.quirks.relative:
            first = Form(stack=0, dated=False, ends=False, relative=True)
        return ladder(
            [*known, *(unit for unit in ("A", "W") if unit not in known)],
            alone=self.alone,
            first=first,
            stack_max=self.quirks.stack_max,
        )

    def forget(self, transaction_id: int) -> None:
        """A transaction has ended; late samples of it do not bring it back."""
        self.unfinished.pop(transaction_id, None)
        self.ended = [*self.ended[1 - ENDED_KEPT :], transaction_id]

    def started(self, key: str, transaction: Transaction) -> None:
        """Remember a StartTransaction for when it is repeated."""
        self.starts[key] = transaction
        if len(self.starts) > STARTS_KEPT:
            del self.starts[next(iter(self.starts))]

    def newest_unfinished(self, connector: Connector) -> int | None:
        """The transaction that stands open in the book for this charger."""
        mine = [t.id for t in self.unfinished.values() if t.charger == connector.device]
        return max(mine, default=None)

    def adopt(self, connector: Connector, transaction_id: int) -> OpenTransaction:
        """The running transaction of that id, from the book if it stands there."""
        known = self.unfinished.pop(transaction_id, None)
        if known is None:
            return OpenTransaction(id=transaction_id)
        log.info("%s: the charge that was already running goes on", connector.name)
        return OpenTransaction(
            id=known.id, id_tag=known.id_tag, meter_start_wh=known.meter_start_wh
        )

    def _attach(self, socket: ChargerSocket, now: Now) -> Calls:
        older = self._socket
        log.info("%s %s from %s", self.name, "reconnected" if older else "connected", socket.source)
        calls = Calls(
            self.name,
            functools.partial(_write_logged, socket, self.identity),
            socket.abort,
            self.shared.pacing,
        )
        self._socket, old_calls, self._calls = socket, self._calls, calls
        if old_calls is not None:
            old_calls.close(f"{self.name} has connected anew")
        if older is not None:
            older.abort()
        self.heard_mono_s = now.mono_s
        self._unreadable = 0
        self.audit_due = True
        for connector in self.connectors.values():
            connector.status_is_fresh = False
            connector.limiter.reconnected()
        self.work.set()
        return calls

    async def _take(self, socket: ChargerSocket, calls: Calls, data: bytes) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s > %s", self.identity, rpc.masked(data))
        now = self.shared.clock.now()
        frame = rpc.read_frame(data)
        calls.heard()
        if isinstance(frame, rpc.Call):
            self._unreadable = 0
            for oddity in frame.oddities:
                self.anomalies.count(oddity)
            reply, readings = await self.shared.dialect.handle(self, frame, now)
            if isinstance(reply, rpc.Fault):
                answer = rpc.fault_frame(frame.id, reply.code, reply.description)
            else:
                answer = rpc.result_frame(frame.id, reply)
            await _write_logged(socket, self.identity, answer)
            for reading in readings:
                await self.shared.report(reading)
        elif isinstance(frame, rpc.Unreadable):
            await self._overlook(socket, frame)
        else:
            calls.answered(frame)

    async def _overlook(self, socket: ChargerSocket, frame: rpc.Unreadable) -> None:
        self.anomalies.count(frame.why)
        self._unreadable += 1
        if frame.id is not None:
            answer = rpc.fault_frame(frame.id, "FormationViolation", frame.why)
            await _write_logged(socket, self.identity, answer)
        if self._unreadable >= UNREADABLE_MAX:
            log.warning("%s sends nothing but nonsense; Hearth closes the connection", self.name)
            socket.abort()

    async def _tell_all(self, *, reachable: bool, problem: str | None = None) -> None:
        now = self.shared.clock.now()
        for connector in self.connectors.values():
            await self.shared.report(
                ChargerReading(
                    device=connector.device,
                    at=now.at,
                    mono_s=now.mono_s,
                    reachable=reachable,
                    problem=problem,
                )
            )


async def _write_logged(socket: ChargerSocket, identity: str, frame: bytes) -> None:
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s < %s", identity, rpc.masked(frame))
    await write_frame(socket, frame)


def _parting(socket: ChargerSocket) -> str:
    code = socket.close_code
    reasons = {1000: "it said goodbye", 1001: "it said goodbye", 1009: "its message was too large"}
    return reasons.get(code or 1006, "the connection broke")
