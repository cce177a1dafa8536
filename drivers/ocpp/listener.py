"""The OCPP central system as a driver: chargers dial in, one listener serves them all.

Safe state: each charger holds a low fallback as its default charging profile, and above it a
working limit that ends by itself 10 minutes after the last refresh.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence

from agent.model.clock import Clock
from agent.model.driver import (
    DeviceInfo,
    LinkDown,
    Notebook,
    Refused,
    Report,
    Transaction,
    TransactionBook,
)
from agent.model.readings import DeviceId, DeviceKind, LinkReading
from agent.model.targets import ChargerTarget, Target
from agent.model.units import watts_from_amps
from drivers.ocpp import steering, upkeep
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Declined, Pacing
from drivers.ocpp.config import ChargerConfig, OcppConfig
from drivers.ocpp.connector import Connector
from drivers.ocpp.dialect import Dialect
from drivers.ocpp.doorman import Doorman
from drivers.ocpp.knowledge import NOTES
from drivers.ocpp.session import Session, Shared
from drivers.ocpp.transport import ChargerSocket, Handshake, start_server
from drivers.ocpp.versions import OLDEST

log = logging.getLogger(__name__)

GLANCE_S = 1.0
SAFE_S = 1.8
"""Hearth gives a driver 2 s."""


class OcppListener:
    """Args:
    chargers: by device id. Chargers with one identity are connectors of one box.
    pacing: patience with chargers, in real seconds.
    """

    def __init__(
        self,
        config: OcppConfig,
        chargers: Mapping[str, ChargerConfig],
        clock: Clock,
        book: TransactionBook,
        notebook: Notebook,
        *,
        pacing: Pacing | None = None,
    ) -> None:
        self.name = "ocpp"
        self.devices: Sequence[DeviceInfo] = tuple(
            _info(DeviceId(device), charger) for device, charger in chargers.items()
        )
        self._config = config
        self._clock = clock
        self._book = book
        self._notebook = notebook
        self._pacing = pacing or Pacing()
        self._sessions = _sessions(config, chargers)
        self._by_device = {
            connector.device: (session, connector)
            for session in self._sessions.values()
            for connector in session.connectors.values()
        }
        self._port: int | None = None

    @property
    def port(self) -> int | None:
        """The port that is listened on; None while there is none."""
        return self._port

    async def run(self, report: Report) -> None:
        shared = Shared(
            clock=self._clock,
            book=self._book,
            notebook=self._notebook,
            pacing=self._pacing,
            report=report,
            speak=_dialect,
        )
        await self._recall(shared)
        doorman = Doorman(_passwords(self._by_device))
        handshake = Handshake(
            doorman,
            self._config.max_sockets,
            lambda identity: self._sessions[identity].linked,
            lambda: self._tell_pending(report, doorman),
            lambda identity, why: self._sessions[identity].refused(why),
            _pins(self._by_device),
        )
        server = await start_server(self._config, handshake, self._serve)
        try:
            self._port = port = next(iter(server.sockets)).getsockname()[1]
            _tell_where(self._config, port, self._sessions.values())
            async with asyncio.TaskGroup() as tasks:
                for session in self._sessions.values():
                    tasks.create_task(upkeep.keep_up(session), name=f"ocpp {session.identity}")
                tasks.create_task(self._glance(), name="ocpp timers")
        finally:
            self._port = None
            for session in self._sessions.values():
                session.drop()
            server.close()
            with contextlib.suppress(TimeoutError):  # somebody dawdles in a handshake
                async with asyncio.timeout(SAFE_S):
                    await server.wait_closed()

    async def send(self, target: Target) -> None:
        """Bring a ChargerTarget about; see steering.obey. Chargers do not wait for each other.

        Raises:
            LinkDown: the charger is not connected or does not answer.
            Refused: it declined, or the target is for no charger of this listener.
        """
        if not isinstance(target, ChargerTarget) or target.device not in self._by_device:
            raise Refused(f"{target.device} is no charger that connects by OCPP")
        session, connector = self._by_device[target.device]
        await steering.obey(session, connector, target)

    async def make_safe(self) -> None:
        """Lower every charger that is above its fallback to it; those that charge less go on."""
        try:
            async with asyncio.timeout(SAFE_S), asyncio.TaskGroup() as tasks:
                for session, connector in self._by_device.values():
                    if session.linked:
                        tasks.create_task(
                            _make_safe(session, connector), name=f"make {connector.device} safe"
                        )
        except TimeoutError:
            log.warning("not every charger confirmed its fallback; limits end by themselves")

    async def _serve(self, socket: ChargerSocket) -> None:
        await self._sessions[socket.identity].serve(socket)

    async def _glance(self) -> None:
        while True:
            await self._clock.sleep(GLANCE_S)
            now = self._clock.now()
            for session in self._sessions.values():
                await upkeep.glance(session, now)

    async def _recall(self, shared: Shared) -> None:
        """Take up where Hearth stopped: models, what worked, and charges that may still run."""
        notes = await self._notebook.read_notes(NOTES)
        open_ones = await self._book.open_transactions()
        for session in self._sessions.values():
            session.start(shared)
            if session.identity in notes:
                session.knowledge.recall(notes[session.identity])
        for transaction in open_ones:
            self._take_up(transaction)
        now = self._clock.now()
        for _, connector in self._by_device.values():
            await shared.report(connector.link_reading(now, reachable=False))

    def _take_up(self, transaction: Transaction) -> None:
        if transaction.charger not in self._by_device:
            return
        session, connector = self._by_device[transaction.charger]
        if connector.transaction_id != transaction.id:
            session.records.unfinished[transaction.id] = transaction

    async def _tell_pending(self, report: Report, doorman: Doorman) -> None:
        now = self._clock.now()
        await report(
            LinkReading(
                device=DeviceId(self.name),
                at=now.at,
                mono_s=now.mono_s,
                pending_approval=tuple(doorman.pending),
            )
        )


def _dialect(version: str, session: Session) -> Dialect:
    """Load a version only when a charger speaks it."""
    if version == OLDEST:
        from drivers.ocpp.v16 import V16

        return V16()
    from drivers.ocpp.v201 import V201

    return V201(session)


def _tell_where(config: OcppConfig, port: int, sessions: Iterable[Session]) -> None:
    scheme = "ws" if config.tls_certificate is None else "wss"
    for session in sessions:
        log.info(
            "%s: waiting for it to connect as %s to %s://%s:%s",
            session.name,
            session.identity,
            scheme,
            config.listen,
            port,
        )


async def _make_safe(session: Session, connector: Connector) -> None:
    try:
        await steering.make_safe(session, connector)
    except (LinkDown, Declined, Refused) as error:
        log.warning("%s: the fallback was not written: %s", connector.name, error)


def _sessions(config: OcppConfig, chargers: Mapping[str, ChargerConfig]) -> dict[str, Session]:
    """One session per identity, with its connectors."""
    boxes: dict[str, dict[int, tuple[DeviceId, ChargerConfig]]] = {}
    for device, charger in chargers.items():
        boxes.setdefault(charger.identity, {})[charger.connector] = DeviceId(device), charger
    sessions = {}
    for identity, box in boxes.items():
        who = Anomalies(" and ".join(device for device, _ in box.values()))
        connectors = {n: Connector(device, c, who.count) for n, (device, c) in box.items()}
        beats_s = [c.heartbeat_s for _, c in box.values() if c.heartbeat_s is not None]
        heartbeat_s = min(beats_s, default=config.heartbeat_s)
        sessions[identity] = Session(identity, connectors, heartbeat_s, who)
    return sessions


def _passwords(by_device: Mapping[DeviceId, tuple[Session, Connector]]) -> dict[str, str | None]:
    """By identity; of a box with several chargers the first password given counts."""
    passwords: dict[str, str | None] = {}
    for session, connector in by_device.values():
        secret = connector.config.password
        known = passwords.get(session.identity)
        passwords[session.identity] = known or (secret.get_secret_value() if secret else None)
    return passwords


def _pins(by_device: Mapping[DeviceId, tuple[Session, Connector]]) -> dict[str, str | None]:
    """By identity; of a box with several chargers the first version given counts."""
    pins: dict[str, str | None] = {}
    for session, connector in by_device.values():
        pins[session.identity] = pins.get(session.identity) or connector.config.ocpp_version
    return pins


def _info(device: DeviceId, charger: ChargerConfig) -> DeviceInfo:
    return DeviceInfo(
        id=device,
        kind=DeviceKind.CHARGER,
        name=charger.name or device,
        driver="ocpp",
        min_current_a=charger.min_current_a,
        max_current_a=charger.max_current_a,
        phases=charger.phases,
        phase_switching=charger.phase_switching,
        max_power_w=watts_from_amps(charger.max_current_a, charger.phases),
    )
