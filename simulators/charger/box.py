"""The charge point itself: one connector, its plug, its transaction and its contactor.

`step` does all the work: it looks at the socket, obeys what was asked meanwhile, sets the offer
by the profiles, and says what changed. Calls from outside only leave wishes behind.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.car import MIN_OFFER_A
from simulators.charger.cables import NOTHING, Amps, Cable, CableState
from simulators.charger.keys import Keys
from simulators.charger.metering import Metering
from simulators.charger.outbox import Outbox
from simulators.charger.profiles import Profile, Profiles
from simulators.charger.status import StatusBoard
from simulators.charger.transaction import Payload, Transaction
from simulators.charger.words import Words

_DRAWS_A = 0.3
_LATE_S = 20.0
CONTACTOR_S = 2.0
"""Nothing is offered while it moves between one phase and three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Somebody may charge: until when the car must be there, and with which profile.

    Args:
        remote_start_id: of the request, OCPP 2.0.1.
    """

    id_tag: str
    until_s: float = math.inf
    profile: Profile | None = None
    remote_start_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Box:
    """Args:
    now: house time.
    max_current_a: what the installer set.
    swipe: a card that somebody shows whenever a car is plugged in.
    online: whether the central system can be asked now.
    closed: for how many phases the contactor stands; until `moves_until_s` it is open.
    """

    cable: Cable
    words: Words
    now: Callable[[], float]
    say: Callable[..., None]
    max_current_a: float = 16.0
    phases: int = 3
    swipe: str | None = None
    quirks: frozenset[str] = frozenset()
    keys: Keys = field(default_factory=Keys)
    profiles: Profiles = field(default_factory=Profiles)
    outbox: Outbox = field(default_factory=Outbox)
    online: Callable[[], bool] = lambda: True
    state: CableState = field(default_factory=lambda: CableState(at_s=0.0))
    tx: Transaction | None = None
    grant: Grant | None = None
    operative: bool = True
    stop_wish: str | None = None
    finished: bool = False
    card_waits: bool = False
    was_online: bool = False
    offered: Amps = NOTHING
    closed: int = 3
    moves_until_s: float = -math.inf
    meter: Metering = field(init=False)
    board: StatusBoard = field(init=False)

    def __post_init__(self) -> None:
        self.closed = self.phases
        late_s = _LATE_S if "late-status" in self.quirks else 0.0
        self.board = StatusBoard(
            outbox=self.outbox,
            words=self.words,
            now=self.now,
            online=self.online,
            say=self.say,
            late_s=late_s,
        )
        self.meter = Metering(
            keys=self.keys, words=self.words, outbox=self.outbox, online=self.online
        )

    async def step(self) -> None:
        """Bring everything up to this instant.

        Raises:
            CableLost: the house is not there; nothing was changed.
        """
        before, self.state = self.state, await self.cable.ask()
        if self.state.plugged != before.plugged:
            self._plug_moved()
        self._read_card()
        await self._stop_if_wished()
        self._start_if_granted()
        await self._steer()
        self._show()
        self.meter.sample(self.state, self.offered, self.tx)

    def _show(self) -> None:
        before = self.board.status
        self.board.show(self._status_now())
        if self.tx is not None and self.board.status != before:
            message = self.words.flowing(self.tx, self.board.status, self.state.at_s)
            if message is not None:
                self.outbox.put(message)

    @property
    def now_s(self) -> float:
        return self.now()

    def limit_a(self) -> float:
        """What the profiles and the installer allow per phase now; below 6 A is 0."""
        most_a = self.max_current_a
        if "ignore-profiles" not in self.quirks:
            started_s = self.tx.started_s if self.tx else None
            most_a = min(most_a, self.profiles.limit(self.now_s, started_s).current_a)
        most_a = math.floor(most_a * 10 + 1e-6) / 10
        return most_a if most_a >= MIN_OFFER_A else 0.0

    def _plug_moved(self) -> None:
        self.say("plugged" if self.state.plugged else "unplugged")
        self.finished = False
        if not self.state.plugged:
            if self.tx is not None:
                self.stop_wish = "EVDisconnected"
            self.grant = None
        self.card_waits = self.state.plugged and self.swipe is not None

    def _read_card(self) -> None:
        """A box that has just been switched on reads no card before it is registered."""
        self.was_online = self.was_online or self.online()
        if self.card_waits and self.swipe is not None and self.was_online:
            self.card_waits = False
            self.authorize(Grant(id_tag=self.swipe))

    def authorize(self, grant: Grant) -> None:
        """Ask the central system for leave, or nobody when it cannot be asked."""

        def answered(answer: Payload) -> None:
            status = self.words.verdict(answer)
            self.say("authorized", id_tag=grant.id_tag, status=status)
            if status == "Accepted":
                self.grant = grant

        if self.online():
            message = self.words.authorize(grant.id_tag)
            message.done = answered
            self.outbox.put(message)
        elif self.keys.flag("AllowOfflineTxForUnknownId"):
            self.grant = grant

    async def _stop_if_wished(self) -> None:
        if self.tx is not None and self.stop_wish is not None:
            if self.offered != NOTHING:
                self.state, self.offered = await self.cable.ask(NOTHING), NOTHING
            self._close(self.tx, self.stop_wish)
        self.stop_wish = None

    def _close(self, tx: Transaction, reason: str) -> None:
        meter_wh = self.state.meter_wh
        self.outbox.put(self.words.stopped(tx, self.state, reason))
        self.profiles.clear(purpose="TxProfile")
        self.tx, self.grant, self.finished = None, None, self.state.plugged
        self.say("stopped", reason=reason, energy_wh=round(meter_wh - tx.meter_start_wh, 1))

    def _start_if_granted(self) -> None:
        if self.grant is not None and self.now_s > self.grant.until_s and self.tx is None:
            self.say("gave up", why="no car came")
            self.grant = None
        if self.tx is not None or not self.state.plugged or not self.operative:
            return
        grant = self.grant
        if grant is None and self.keys.flag("FreeCharging") and not self.finished:
            grant = Grant(id_tag=self.keys.text("FreeChargingIdTag")) if self.limit_a() else None
        if grant is not None:
            self._open(grant)

    def _open(self, grant: Grant) -> None:
        tx = Transaction(
            id_tag=grant.id_tag,
            started_s=self.state.at_s,
            meter_start_wh=round(self.state.meter_wh),
            remote_start_id=grant.remote_start_id,
        )

        def answered(answer: Payload) -> None:
            self.words.took(tx, answer)
            status = self.words.verdict(answer) or "Accepted"
            self.say("transaction", id=self.words.name_of(tx), id_tag_status=status)
            refused = status not in {"Accepted", "ConcurrentTx"}
            if refused and self.tx is tx and self.keys.flag("StopTransactionOnInvalidId"):
                self.stop_wish = "DeAuthorized"

        for _ in range(2 if "duplicate-start" in self.quirks else 1):
            message = self.words.started(tx)
            message.done = answered
            self.outbox.put(message)
        self.tx, self.grant, self.finished = tx, None, False
        self.meter.begin(tx.started_s)
        if grant.profile is not None:
            self.profiles.install(grant.profile, 0)
        self.say("started", id_tag=tx.id_tag)

    async def _steer(self) -> None:
        """Offer what the profiles allow while a transaction runs, and nothing otherwise."""
        limit_a = self.limit_a() if self.tx is not None and self.state.plugged else 0.0
        if self.tx is not None and limit_a == 0 and "zero-ends-tx" in self.quirks:
            self.stop_wish = "Other"
            await self._stop_if_wished()
            return
        phases = await self._switch()
        if self.tx is None or self.now_s < self.moves_until_s:
            limit_a = 0.0
        offer = tuple(limit_a if phase < phases else 0.0 for phase in range(3))
        if offer != self.offered:
            self.offered = (offer[0], offer[1], offer[2])
            self.say("offer", current_a=limit_a, phases=phases if limit_a else 0)
            self.state = await self.cable.ask(self.offered)

    async def _switch(self) -> int:
        """Close the contactor for as many phases as the profiles ask for; return how many."""
        started_s = self.tx.started_s if self.tx else None
        wanted = min(self.phases, self.profiles.limit(self.now_s, started_s).phases or 3)
        if "ignore-phases" in self.quirks or self.tx is None or wanted == self.closed:
            return min(self.closed, self.phases)
        live = max(self.state.currents_a) > _DRAWS_A
        self.say("contactor", phases=wanted, live=live)
        self.closed, self.moves_until_s = wanted, self.now_s + CONTACTOR_S
        if "ends-tx-on-switch" in self.quirks:
            self.stop_wish = "Other"
            await self._stop_if_wished()
        return wanted

    def _status_now(self) -> str:
        if self.tx is not None:
            if max(self.offered) < MIN_OFFER_A:
                return "SuspendedEVSE"
            return "Charging" if max(self.state.currents_a) > _DRAWS_A else "SuspendedEV"
        if not self.operative:
            return "Unavailable"
        if self.state.plugged:
            return "Finishing" if self.finished else "Preparing"
        return "Preparing" if self.grant is not None else "Available"

    def say_status(self, *connectors: int) -> None:
        """Tell how connectors stand; 0 is the whole box."""
        for connector in connectors:
            status = self.board.status or self._status_now()
            if not connector:
                status = "Available" if self.operative else "Unavailable"
            message = self.board.message(connector, status)
            if message is not None:
                self.outbox.put(message)
