"""What is known of one charger, that is of one connector; outlives its connections."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent.model.clock import Now
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery
from agent.model.units import watts_from_amps
from drivers.ocpp.config import ChargerConfig
from drivers.ocpp.doubt import Doubt
from drivers.ocpp.energy import SessionEnergy
from drivers.ocpp.limits import Limiter, Rating
from drivers.ocpp.meter import Meter
from drivers.ocpp.quirks import BY_THE_BOOK, Quirks
from drivers.ocpp.states import FLOW_W, IDLE, PLUGGED, Facts, Status, power_delivery

RECONSTRUCT_AFTER_S = 60.0
PAUSE_WITHIN_S = 120.0
RESEND_AFTER_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction:
    """A transaction that runs now.

    Args:
        id: as the charger knows it; ours unless the charger made up its own.
        meter_start_wh: the register at its start.
        started_s: monotonic; None if it ran before Hearth knew of it.
        name: what the charger calls it, OCPP 2.x.
        authorised: False if it began with the plug (OCPP 2.x) and nobody asked for energy yet.
    """

    id: int
    id_tag: str | None = None
    meter_start_wh: float | None = None
    started_s: float | None = None
    name: str | None = None
    authorised: bool = True


class Connector:
    """Args:
    odd: told about deviations from the protocol.
    """

    def __init__(self, device: DeviceId, config: ChargerConfig, odd: Callable[[str], None]) -> None:
        self.device = device
        self.config = config
        self.name = str(device)
        self.odd = odd
        self.quirks: Quirks = BY_THE_BOOK
        rating = Rating(
            connector=config.connector,
            phases=config.phases,
            min_a=config.min_current_a,
            max_a=config.max_current_a,
            fallback_a=config.fallback_current_a,
            switching=config.phase_switching,
        )
        self.limiter = Limiter(rating)
        self.lock = asyncio.Lock()  # one command sequence at a time
        self.facts = Facts(status=None)
        self.status_is_fresh = False  # said over the present connection
        self.transaction: OpenTransaction | None = None
        self.metered_s: float | None = None
        self.has_own_meter = False  # it sends meter values under its own number
        self.available_since_s: float | None = None
        self.doubt = Doubt()
        self.read_back_due = False
        self.resend_due_s: float | None = None
        self.says_unswitchable = False
        self.fell_back = False  # it is back on all its phases, and nobody was told yet
        self.chooses_phase = False  # it may be told which of its phases to use alone
        self.meter = SessionEnergy(watts_from_amps(config.max_current_a, config.phases))
        self._paused_s: float | None = None
        self._ended_by_hand = False

    @property
    def status(self) -> Status | None:
        return self.facts.status

    @property
    def plugged(self) -> bool:
        return self.status in PLUGGED or self.transaction is not None

    @property
    def unswitchable(self) -> str | None:
        """Why its phases are not changed though the installer allows it; None = they may be."""
        if not self.config.phase_switching:
            return None
        if self.quirks.ends_on_switch or self.quirks.zero_ends_transaction:
            return "this make is known to end the charge when its phases change"
        if self.says_unswitchable:
            return "the charger says that it cannot change between three phases and one"
        return None

    @property
    def transaction_id(self) -> int | None:
        return None if self.transaction is None else self.transaction.id

    def become(self, quirks: Quirks) -> None:
        """Take what is known of the model."""
        self.quirks = quirks
        self.limiter.rating = replace(self.limiter.rating, steps_a=quirks.steps_a)
        self._know(available_is_unreliable=quirks.available_is_unreliable)

    def reading(self, now: Now, **said: Any) -> ChargerReading:
        """A Reading of the state as it is now, plus what was just said."""
        delivery = power_delivery(self.facts, now.mono_s)
        self._know(last=delivery)
        known = self.status is not None or delivery is not PowerDelivery.UNKNOWN
        return ChargerReading(
            device=self.device,
            at=now.at,
            mono_s=now.mono_s,
            reachable=True,
            power_delivery=delivery if known else None,
            steppable=self.quirks.steppable(self.config.min_current_a),
            pausable=self.quirks.pausable,
            phases_switchable=False if self.unswitchable else None,
            **said,
        )

    def link_reading(
        self, now: Now, *, reachable: bool, problem: str | None = None
    ) -> ChargerReading:
        """News of the link alone; all values stay as they were, but for the phases of a charger
        that has fallen back to all of them."""
        told, self.fell_back = self.limiter.phases if self.fell_back else None, False
        return ChargerReading(
            device=self.device,
            at=now.at,
            mono_s=now.mono_s,
            reachable=reachable,
            problem=problem,
            phases_told=told,
        )

    def changed(self, now: Now) -> bool:
        """Whether a timer alone has changed the state since the last Reading."""
        return power_delivery(self.facts, now.mono_s) is not self.facts.last

    def on_status(self, status: Status, now: Now) -> dict[str, Any]:
        """Take a status that is live; return what it says."""
        before, said = self.status, dict[str, Any](status=str(status))
        self._know(status=status)
        self.status_is_fresh = True
        self.doubt.on_status(status, now.mono_s, transaction_open=self.transaction is not None)
        if status is Status.AVAILABLE:
            if before is not Status.AVAILABLE:
                self.available_since_s = now.mono_s
            self._know(start_asked_s=None)
            said |= self._forgiven()
        else:
            self.available_since_s = None
            if status is Status.CHARGING and before is not status:
                self._know(power_w=None, no_flow_since_s=None)  # to be measured anew
            if before in (Status.AVAILABLE, Status.RESERVED) and status in PLUGGED:
                self.meter.plugged_in()
        if status in IDLE:
            said |= self._no_flow(now)
        return said

    def still(self, now: Now) -> dict[str, Any]:
        """What a sign of life says of a charger that reports only changes."""
        return self._no_flow(now) if self.status in IDLE else {}

    def on_meter(self, meter: Meter, now: Now) -> dict[str, Any]:
        """Take live meter values; return what they say."""
        self.metered_s = now.mono_s
        said: dict[str, Any] = meter.fields()
        if meter.power_w is not None:
            self._note_power(meter.power_w, now)
        if meter.energy_wh is not None:
            said |= self.on_register(meter.energy_wh, now)
        return said

    def on_register(self, register_wh: float, now: Now) -> dict[str, float]:
        """Take an energy register; return the counter and the session's share."""
        running = self.transaction
        return self.meter.read(
            register_wh,
            now.mono_s,
            self.odd,
            running=running is not None,
            start_wh=None if running is None else running.meter_start_wh,
        )

    def on_start(self, transaction: OpenTransaction, now: Now) -> dict[str, Any]:
        """A transaction runs."""
        self.transaction = transaction
        self.doubt.dispel()
        self._know(transaction_open=True, start_asked_s=None, started_s=transaction.started_s)
        said: dict[str, Any] = {"transaction_id": transaction.id, "id_tag": transaction.id_tag}
        said |= self._forgiven()
        if transaction.started_s is not None and transaction.meter_start_wh is not None:
            said |= self.on_register(transaction.meter_start_wh, now)
        return said

    def on_start_asked(self, now: Now) -> None:
        """A start was asked of the charger, or a card accepted."""
        self._know(start_asked_s=now.mono_s)

    def on_stop(self, now: Now, *, by_hand: bool = False) -> dict[str, Any]:
        """No transaction runs any more.

        Args:
            by_hand: a person ended it at the charger, as that says. It says so too where it ends
                one by itself because it was told 0 A.
        """
        self.transaction = None
        if by_hand and self.facts.limit_a != 0:
            self._ended_by_hand = True
            said = {"ended_by_hand": True}
        else:
            said = self._forgiven()
        self.doubt.dispel()
        self._know(transaction_open=False, start_asked_s=None, started_s=None, ended_s=now.mono_s)
        return {"transaction_id": 0, **said}

    def _forgiven(self) -> dict[str, Any]:
        """What to say where a person's word at the charger counts no more."""
        before, self._ended_by_hand = self._ended_by_hand, False
        return {"ended_by_hand": False} if before else {}

    def on_limit(self, limit_a: float, now: Now) -> None:
        """A limit of ours was accepted."""
        if limit_a > 0:
            self._paused_s = None
        elif self._paused_s is None:
            self._paused_s = now.mono_s
        if limit_a > 0 and not self.facts.limit_a:
            if self.quirks.resume_twice and self.facts.limit_a == 0:
                self.resend_due_s = now.mono_s + RESEND_AFTER_S
            self._know(raised_s=now.mono_s)
        self._know(limit_a=limit_a)

    def ignores_pause(self, now: Now) -> bool:
        """Whether the charger accepted 0 A two minutes ago and still charges."""
        return (
            self._paused_s is not None
            and now.mono_s - self._paused_s >= PAUSE_WITHIN_S
            and self.facts.last is PowerDelivery.CHARGING
        )

    def lost_transaction(self, now: Now) -> bool:
        """Whether the transaction has evidently ended without a word."""
        return (
            self.transaction is not None
            and not self.quirks.available_is_unreliable
            and self.doubt.lost(now.mono_s)
        )

    def _note_power(self, power_w: float, now: Now) -> None:
        since_s = self.facts.no_flow_since_s
        if abs(power_w) >= FLOW_W:
            since_s = None
        elif since_s is None:
            since_s = now.mono_s
        self._know(power_w=power_w, no_flow_since_s=since_s)

    def _no_flow(self, now: Now) -> dict[str, Any]:
        self._note_power(0.0, now)
        said: dict[str, Any] = {"power_w": 0.0, "current_l1_a": 0.0}
        if self.config.phases > 1:
            said |= {"current_l2_a": 0.0, "current_l3_a": 0.0}
        return said

    def _know(self, **news: Any) -> None:
        self.facts = replace(self.facts, **news)
