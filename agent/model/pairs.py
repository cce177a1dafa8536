"""Which car hangs on which charger: what was observed, and what follows from it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from agent.model.clock import Now
from agent.model.readings import DeviceId, PowerDelivery


class PairingMode(StrEnum):
    """full: pairs route commands; observe-only: they only inform; off: there are none."""

    FULL = "full"
    OBSERVE_ONLY = "observe-only"
    OFF = "off"


class ProbePolicy(StrEnum):
    """Whether a charger may charge slower for some minutes to see which car follows: never; by
    itself when a decision waits for the answer; or only after a person said yes."""

    OFF = "off"
    WHEN_IT_MATTERS = "when-it-matters"
    ALWAYS_ASK = "always-ask"


class PairStage(StrEnum):
    ESTABLISHED = "established"
    ACTIVATED = "activated"


class LockedBy(StrEnum):
    HEURISTIC = "heuristic"
    AUTOCHARGE = "autocharge"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one device said once, as evidence. None = not said; what it said to be unknown is
    named in `unknown`.

    Args:
        seen: when it reached us, on both clocks; never decreases from one to the next.
        at: when it was true at the device; may be older than `seen`, and out of order.
        energy_wh: the charger's lifetime counter.
        session: the charger's or gateway's own name of the session.
        id_token: what the charger read: card, MAC, EVCCID.
        trusted_clock: False for a charger whose own clock `at` is and that may be off.
    """

    device: DeviceId
    seen: Now
    at: datetime
    power_delivery: PowerDelivery | None = None
    plugged_in: bool | None = None
    charging: bool | None = None
    power_w: float | None = None
    soc_percent: float | None = None
    charge_limit_percent: float | None = None
    max_current_a: float | None = None
    energy_wh: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    accuracy_m: float | None = None
    reachable: bool | None = None
    session: str | None = None
    id_token: str | None = None
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """A command of ours to one device, as evidence: whose reaction did it cause?

    Args:
        value: A for a current limit, W for a power limit; None for start and stop.
    """

    device: DeviceId
    seen: Now
    command: Literal["START", "STOP", "LIMIT"]
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Args:
    kind: stable word, e.g. "plug-in", "transition", "location", "token".
    points: how much it speaks for the pair (+) or against it (-).
    says: one sentence for people.
    """

    kind: str
    points: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What is held of one charger now.

    Args:
        vehicle: None = unknown, or nothing is plugged in.
        confidence: 0 to 1 that `vehicle` (or "none of ours", when None) is right.
        runner_up: the next best candidate.
        since: when this belief began.
        settles: for an unknown one, a sentence of what would settle it.
    """

    charger: DeviceId
    vehicle: DeviceId | None = None
    confidence: float = 0.0
    runner_up: DeviceId | None = None
    evidence: tuple[Evidence, ...] = ()
    locked_by: LockedBy = LockedBy.HEURISTIC
    since: datetime | None = None
    settles: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeWish:
    """Which car hangs here is open and matters; a short pause or step of the charger's power
    would show it.

    Args:
        vehicle: the likeliest car, whose data would show the echo.
        why: one sentence for people.
    """

    charger: DeviceId
    vehicle: DeviceId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people said of a charger. Nothing of it = Hearth is to find out.

    Args:
        pinned: the car that always hangs here, whatever is plugged in.
        vehicle: the car of this session. guest: this session is nobody's of the house.
        ruled_out: cars that this session is not.
    """

    pinned: DeviceId | None = None
    vehicle: DeviceId | None = None
    guest: bool = False
    ruled_out: tuple[DeviceId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """How a car's source tells of it, as measured so far. None = not measured yet.

    Args:
        delay_s: how late it usually tells of what happened.
        rounding_percent: the step in which it gives the battery's level.
        silence_s: how long it is usually silent, where that is more than half an hour.
        on_change_only: whether it tells only what changed.
        ghost_rate: share of its plug-ins before which it said already that it was plugged in.
        samples: how many events that rests on.
    """

    delay_s: float | None = None
    rounding_percent: float | None = None
    silence_s: float | None = None
    on_change_only: bool | None = None
    ghost_rate: float | None = None
    samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One vehicle with one charger of the house; every combination is established.

    Args:
        id: stable for the two devices.
        confidence, evidence: of the activated one, or of the candidate while a car is plugged in.
    """

    id: str
    vehicle: DeviceId
    charger: DeviceId
    stage: PairStage = PairStage.ESTABLISHED
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    locked_by: LockedBy = LockedBy.HEURISTIC
    activated_at: datetime | None = None
    deactivated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCar:
    """What the installer says of a car.

    Args:
        name: what people call it; None = as its id.
        charge_rate_source: whose charge rate counts while paired; "estimate" leaves the charger's
            out (the source computes a better one itself).
        id_tokens: cards or MAC addresses bound to this car, as the charger reads them.
    """

    id: DeviceId
    name: str | None = None
    capacity_wh: float | None = None
    max_power_w: float | None = None
    min_power_w: float | None = None
    phases: int | None = None
    reports_location: bool | None = None
    charge_rate_source: Literal["charger", "vehicle", "estimate"] = "charger"
    id_tokens: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCharger:
    """Args:
    name: what people call it; None = as its id.
    latitude_deg, longitude_deg: of the Location that the installer gave it.
    """

    id: DeviceId
    name: str | None = None
    max_power_w: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingSettings:
    mode: PairingMode = PairingMode.FULL
    probe: ProbePolicy = ProbePolicy.WHEN_IT_MATTERS
    cars: tuple[PairingCar, ...] = ()
    chargers: tuple[PairingCharger, ...] = ()
    timezone: str = "UTC"
    pins: tuple[tuple[DeviceId, DeviceId], ...] = field(default=())

    def called(self, device: DeviceId) -> str:
        """What people call a car or a charger."""
        names = {each.id: each.name for each in self.cars}
        names |= {each.id: each.name for each in self.chargers}
        return names.get(device) or device
