"""Charging profiles and the limit that follows from them (OCPP 1.6 §3.13 with errata 4.0).

The limit is the smaller of ChargePointMaxProfile and the transaction's slot; a TxProfile takes
the slot from TxDefaultProfile; inside a purpose the highest stack level that says something now
wins; a profile of the same purpose, stack level and connector replaces the old one.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.clock import unix_s

MAX_STACK_LEVEL = 8
MAX_PERIODS = 24
MAX_INSTALLED = 10
CHARGE_POINT_MAX = "ChargePointMaxProfile"
TX_DEFAULT = "TxDefaultProfile"
TX = "TxProfile"
_REPEATS_S = {"Daily": 86_400.0, "Weekly": 604_800.0}


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_s` after the schedule's start: `limit` in the schedule's unit, A or W."""

    start_s: float
    limit: float
    phases: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One installed profile; instants are Unix times, absent ones None."""

    connector: int
    id: int
    stack: int
    purpose: str
    kind: str
    unit: str
    periods: tuple[Period, ...]
    start_s: float | None = None
    duration_s: float = math.inf
    valid_from_s: float = -math.inf
    valid_to_s: float = math.inf
    repeat_s: float | None = None
    transaction_id: int | str | None = None

    @classmethod
    def parse(cls, connector: int, wire: Mapping[str, Any]) -> "Profile":
        """Read csChargingProfiles.

        Raises:
            ValueError, KeyError, TypeError: it is not a profile of OCPP 1.6.
        """
        schedule = wire["chargingSchedule"]
        kind, purpose = wire["chargingProfileKind"], wire["chargingProfilePurpose"]
        unit = schedule["chargingRateUnit"]
        if kind not in {"Absolute", "Relative", "Recurring"} or unit not in {"A", "W"}:
            raise ValueError(f"unknown kind {kind} or unit {unit}")
        if purpose not in {CHARGE_POINT_MAX, TX_DEFAULT, TX}:
            raise ValueError(f"unknown purpose {purpose}")
        return cls(
            connector=connector,
            id=int(wire["chargingProfileId"]),
            stack=int(wire["stackLevel"]),
            purpose=purpose,
            kind=kind,
            unit=unit,
            periods=_periods(schedule),
            start_s=_instant_s(schedule, "startSchedule"),
            duration_s=float(schedule.get("duration", math.inf)),
            valid_from_s=_instant_s(wire, "validFrom") or -math.inf,
            valid_to_s=_instant_s(wire, "validTo") or math.inf,
            repeat_s=_REPEATS_S[wire["recurrencyKind"]] if kind == "Recurring" else None,
            transaction_id=wire.get("transactionId"),
        )

    def _begin_s(self, at_s: float, tx_start_s: float | None) -> float:
        """When the schedule began; without a transaction a relative one begins now."""
        if self.kind == "Relative" or self.start_s is None:
            return at_s if tx_start_s is None else tx_start_s
        if self.repeat_s is None:
            return self.start_s
        return at_s - (at_s - self.start_s) % self.repeat_s

    def says(self, at_s: float, tx_start_s: float | None) -> Period | None:
        """The period in force at an instant, None if the profile says nothing then."""
        if not self.valid_from_s <= at_s < self.valid_to_s:
            return None
        elapsed_s = at_s - self._begin_s(at_s, tx_start_s)
        if not 0 <= elapsed_s < self.duration_s:
            return None
        return [period for period in self.periods if period.start_s <= elapsed_s][-1]

    def turns(self, at_s: float, tx_start_s: float | None) -> list[float]:
        """Instants after `at_s` at which the profile may say something else."""
        begin_s = self._begin_s(at_s, tx_start_s)
        instants = [self.valid_from_s, self.valid_to_s, begin_s, begin_s + self.duration_s]
        instants += [begin_s + period.start_s for period in self.periods]
        if self.repeat_s is not None:
            instants.append(begin_s + self.repeat_s)
        return [instant for instant in instants if at_s < instant < math.inf]


def _instant_s(wire: Mapping[str, Any], name: str) -> float | None:
    text = wire.get(name)
    return unix_s(text) if text else None


def _periods(schedule: Mapping[str, Any]) -> tuple[Period, ...]:
    periods = tuple(
        Period(float(p["startPeriod"]), float(p["limit"]), p.get("numberPhases"))
        for p in schedule["chargingSchedulePeriod"]
    )
    if not 1 <= len(periods) <= MAX_PERIODS or periods[0].start_s != 0:
        raise ValueError("a schedule needs 1 to 24 periods, the first at 0")
    return periods


@dataclass(frozen=True, slots=True)
class Limit:
    """Per phase; `current_a` infinite = nobody limits."""

    current_a: float = math.inf
    phases: int | None = None


@dataclass(slots=True, kw_only=True)
class Profiles:
    """What is installed in a box with one connector; survives a reconnect and a reset.

    Args:
        phases: of the box, to turn W into A.
    """

    phases: int = 3
    voltage_v: float = 230.0
    installed: list[Profile] = field(default_factory=list)

    def install(self, profile: Profile, open_tx: int | str | None) -> bool:
        """Install or replace; False if the box may not take it.

        Args:
            open_tx: id of the running transaction, None if there is none.
        """
        if not 0 <= profile.stack <= MAX_STACK_LEVEL or profile.connector not in {0, 1}:
            return False
        if (profile.purpose == CHARGE_POINT_MAX) != (profile.connector == 0) and (
            profile.purpose != TX_DEFAULT
        ):
            return False
        if profile.purpose == TX and (
            open_tx is None or profile.transaction_id not in {None, open_tx}
        ):
            return False
        slot = (profile.purpose, profile.stack, profile.connector)
        kept = [
            old
            for old in self.installed
            if old.id != profile.id and (old.purpose, old.stack, old.connector) != slot
        ]
        if len(kept) >= MAX_INSTALLED:
            return False
        self.installed = [*kept, profile]
        return True

    def clear(
        self,
        *,
        profile_id: int | None = None,
        connector: int | None = None,
        purpose: str | None = None,
        stack: int | None = None,
    ) -> bool:
        """Remove what matches all that is given (an id alone decides); False if nothing did."""

        def matches(profile: Profile) -> bool:
            if profile_id is not None:
                return profile.id == profile_id
            return (
                connector in {None, profile.connector}
                and purpose in {None, profile.purpose}
                and stack in {None, profile.stack}
            )

        kept = [profile for profile in self.installed if not matches(profile)]
        found = len(kept) < len(self.installed)
        self.installed = kept
        return found

    def limit(self, at_s: float, tx_start_s: float | None) -> Limit:
        """What the profiles allow at an instant; unrestricted where none speaks (§3.13.6)."""
        most = self._best(self._of(CHARGE_POINT_MAX, 0), at_s, tx_start_s)
        slot = None
        if tx_start_s is not None:
            slot = self._best(self._of(TX, 1), at_s, tx_start_s)
        for connector in (1, 0):
            slot = slot or self._best(self._of(TX_DEFAULT, connector), at_s, tx_start_s)
        limits = [limit for limit in (most, slot) if limit is not None]
        if not limits:
            return Limit()
        phases = [limit.phases for limit in limits if limit.phases is not None]
        return Limit(min(limit.current_a for limit in limits), min(phases, default=None))

    def _of(self, purpose: str, connector: int) -> Iterable[Profile]:
        found = [p for p in self.installed if p.purpose == purpose and p.connector == connector]
        return sorted(found, key=lambda profile: -profile.stack)

    def _best(
        self, profiles: Iterable[Profile], at_s: float, tx_start_s: float | None
    ) -> Limit | None:
        for profile in profiles:
            period = profile.says(at_s, tx_start_s)
            if period is None:
                continue
            if profile.unit == "A":
                return Limit(period.limit, period.phases)
            phases = min(self.phases, period.phases or 3)
            return Limit(period.limit / (self.voltage_v * phases), period.phases)
        return None

    def next_turn_s(self, at_s: float, tx_start_s: float | None) -> float:
        """The next instant at which the limit may change by itself."""
        turns = (profile.turns(at_s, tx_start_s) for profile in self.installed)
        return min((instant for found in turns for instant in found), default=math.inf)

    def composite(
        self, at_s: float, duration_s: float, tx_start_s: float | None
    ) -> list[tuple[float, Limit]]:
        """The limit from `at_s` on: (seconds after it, limit), only where it changes."""
        steps: list[tuple[float, Limit]] = []
        instant = at_s
        while instant < at_s + duration_s:
            limit = self.limit(instant, tx_start_s)
            if not steps or steps[-1][1] != limit:
                steps.append((instant - at_s, limit))
            instant = self.next_turn_s(instant, tx_start_s)
        return steps
