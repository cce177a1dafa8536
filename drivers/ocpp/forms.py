"""The ways in which chargers take a charging limit (OCPP 1.6 §3.13), best first.

No two makes honour the same subset of the smart charging profile, so a limit is tried in one
form after the other until the charger accepts one; what worked is remembered. ABB takes stack
level 0 only, Wallbox wants Relative, Huawei and MicroOcpp want watts, EVBox refuses
ChargePointMaxProfile, go-e accepts a TxProfile without a transaction and ignores it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from agent.model.units import watts_from_amps

LEAD_S = 60
"""Schedules start in the past: a start in the future would leave a gap without any limit."""
HOLD_S = 600
"""A limit is good for this long; without a refresh the fallback takes over."""
TAIL_S = 120
PURPOSES = (
    ("TxDefaultProfile", False),
    ("TxDefaultProfile", True),
    ("ChargePointMaxProfile", True),
    ("TxProfile", False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a limit.

    Args:
        whole_box: set on connector 0.
        stack: 1 above a permanent fallback on 0, or 0 alone.
        dated: with validFrom and validTo.
        ends: with a duration.
        relative: counted from the start of charging, one period, so without a fallback.
        unit: A per phase or W in total.
    """

    purpose: str = "TxDefaultProfile"
    whole_box: bool = False
    stack: int = 1
    dated: bool = True
    ends: bool = True
    relative: bool = False
    unit: str = "A"

    @property
    def has_base(self) -> bool:
        """Whether the fallback is a profile of its own underneath."""
        return self.stack > 0 and self.purpose != "TxProfile" and not self.relative

    def note(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_note(cls, note: object) -> "Form | None":
        """What was noted, None if it was something else."""
        if not isinstance(note, Mapping) or set(note) != set(cls.__slots__):
            return None
        return cls(**note)


SHAPES: tuple[dict[str, Any], ...] = (
    {},
    {"stack": 0, "dated": False, "ends": False},
    {"dated": False},
    {"dated": False, "ends": False},
    {"stack": 0, "dated": False, "ends": False, "relative": True},
)


def ladder(
    units: Sequence[str] = ("A", "W"),
    *,
    alone: bool = True,
    first: Form | None = None,
    stack_max: int = 1,
) -> tuple[Form, ...]:
    """All forms to try, in order.

    Args:
        units: what the charger says it takes, preferred first.
        alone: the box has one charger, so a limit of the whole box is one of the charger.
        first: what worked before.
        stack_max: 0 if the charger is known to take no other level.
    """
    forms = [form for form in _all(units) if form.stack <= stack_max]
    forms = [form for form in forms if alone or not form.whole_box]
    if first is not None:
        forms = [first, *(form for form in forms if form != first)]
    return tuple(forms)


def _all(units: Sequence[str]) -> Iterator[Form]:
    for purpose, whole_box in PURPOSES:
        for unit in units:
            for shape in SHAPES:
                form = Form(purpose=purpose, whole_box=whole_box, unit=unit, **shape)
                # nothing lies beneath a TxProfile, so its own second period must last
                if purpose != "TxProfile" or not (form.dated or form.ends):
                    yield form


def one_decimal_down(value: float) -> float:
    """OCPP takes one decimal; never round a limit up."""
    return float(Decimal(str(value)).quantize(Decimal("0.1"), rounding=ROUND_FLOOR))


def working_profile(
    form: Form,
    *,
    connector: int,
    limit_a: float,
    fallback_a: float,
    phases: int,
    at: datetime,
    transaction_id: int | None = None,
    named: bool = False,
) -> dict[str, Any]:
    """The csChargingProfiles of a limit that ends by itself in every way the form allows.

    Args:
        phases: on how many the car charges, before and after the end.
        named: whether the charger is to be told of the phases also in a limit in watts.
    """
    start = _written(at - timedelta(seconds=LEAD_S))
    periods = [_period(form, 0, limit_a, phases, named=named)]
    schedule: dict[str, Any] = {"chargingRateUnit": form.unit, "chargingSchedulePeriod": periods}
    if not form.relative:
        periods.append(_period(form, LEAD_S + HOLD_S, fallback_a, phases, named=named))
        schedule["startSchedule"] = start
    if form.ends:
        schedule["duration"] = LEAD_S + HOLD_S + TAIL_S
    profile: dict[str, Any] = {
        "chargingProfileId": profile_id(connector, working=True),
        "stackLevel": form.stack,
        "chargingProfilePurpose": form.purpose,
        "chargingProfileKind": "Relative" if form.relative else "Absolute",
        "chargingSchedule": schedule,
    }
    if form.dated:
        profile |= {"validFrom": start, "validTo": _written(at + timedelta(seconds=HOLD_S))}
    if form.purpose == "TxProfile" and transaction_id is not None:
        profile["transactionId"] = transaction_id
    return profile


def base_profile(
    form: Form, *, connector: int, fallback_a: float, phases: int, at: datetime
) -> dict[str, Any]:
    """The permanent fallback underneath: stack level 0, no end."""
    return {
        "chargingProfileId": profile_id(connector, working=False),
        "stackLevel": 0,
        "chargingProfilePurpose": form.purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": form.unit,
            "startSchedule": _written(at - timedelta(seconds=LEAD_S)),
            "chargingSchedulePeriod": [_period(form, 0, fallback_a, phases)],
        },
    }


def profile_id(connector: int, *, working: bool) -> int:
    """Ours for ever: writing the same id again replaces the profile, also under another purpose."""
    return 2000 + 10 * connector + (1 if working else 0)


def _period(
    form: Form, start_s: int, limit_a: float, phases: int, *, named: bool = False
) -> dict[str, Any]:
    if form.unit == "W":
        watts = float(math.floor(watts_from_amps(limit_a, phases)))
        told = {"numberPhases": phases} if named else {}
        return {"startPeriod": start_s, "limit": watts, **told}
    return {"startPeriod": start_s, "limit": limit_a, "numberPhases": phases}


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
