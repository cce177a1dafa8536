"""Stationary batteries: left alone unless somebody, or the plan, asked for a mode.

Charging from the grid comes after the cars on every line: it is what is cut first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.model.wishes import BatteryOrder, BatteryWish
from agent.plan.allocation import LineId, Want
from agent.plan.lines import Line, Room

LEAST_CHARGE_W = 100.0
"""A weaker charge is not worth the inverter's own use."""

STEP_W = 100.0
RAISE_W = 500.0
"""Registers wear: a limit is lowered at once and raised in steps worth a write."""

RESERVE_MARGIN_PERCENT = 1.0
_WORDS = {
    BatteryMode.SELF_RELIANCE: "looks after the house by itself",
    BatteryMode.TIME_OF_USE: "follows its own rate schedule",
    BatteryMode.IMPORT_FOCUS: "charges",
    BatteryMode.EXPORT_FOCUS: "discharges",
    BatteryMode.IDLE: "neither charges nor discharges",
}


def target(
    device: DeviceId,
    seen: Seen[BatteryReading] | None,
    wish: BatteryWish,
    order: BatteryOrder | None = None,
) -> BatteryTarget | None:
    """A person's mode, else the plan's, or nothing. A forced discharge ends at the reserve."""
    given = _given(wish, order)
    if given is None:
        return None
    percent = None if seen is None else seen.value.soc_percent
    reserve = None if seen is None else seen.value.discharge_limit_percent
    spent = (
        percent is not None and reserve is not None and percent <= reserve + RESERVE_MARGIN_PERCENT
    )
    if given.mode is BatteryMode.EXPORT_FOCUS and spent:
        reason = Reason(
            code=ReasonCode.BATTERY_RESERVE,
            sentence=f"Discharge ended: {percent:.0f} % is left, {reserve:.0f} % is reserved.",
            inputs={"soc_percent": percent, "discharge_limit_percent": reserve},
        )
        return BatteryTarget(
            device=device, mode=BatteryMode.SELF_RELIANCE, owner=Owner.SAFETY, reason=reason
        )
    return BatteryTarget(
        device=device,
        mode=given.mode,
        power_w=given.power_w,
        owner=given.owner,
        reason=given.reason,
    )


def _given(wish: BatteryWish, order: BatteryOrder | None) -> BatteryOrder | None:
    if wish.mode is None:
        return order
    reason = Reason(
        code=ReasonCode.BATTERY_MANUAL,
        sentence=f"The battery {_WORDS[wish.mode]} because you said so.",
    )
    return BatteryOrder(mode=wish.mode, power_w=wish.power_w, owner=Owner.MANUAL, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How hard all batteries together may charge from the grid, beside the cars.

    Args:
        most_w: inf = nothing limits; line: what does.
    """

    most_w: float = float("inf")
    line: Line | None = None


def left(space: Room, cars_a: Mapping[DeviceId, float], wants: Iterable[Want]) -> Left:
    """What the cars leave, both as the meters show it now and if they have yet to follow.

    Args:
        cars_a: the most that the cars are to have, per phase.
    """
    taken: dict[LineId, float] = {}
    for want in wants:
        for name, each in want.loads.items():
            taken[name] = taken.get(name, 0.0) + each * cars_a[want.device]
    phases = sum(1 for line in space.lines.values() if line.mains and line.phase)
    found = Left()
    for name, line in space.lines.items():
        if not line.mains:
            continue
        free = max(0.0, min(line.room, line.safe + line.batteries) - taken.get(name, 0.0))
        free_w = free * NOMINAL_VOLTAGE_V * phases if line.phase else free
        most_w = 0.0 if line.lost is not None else free_w
        if most_w < found.most_w:
            found = Left(most_w=most_w, line=line)
    return found


def within(
    wanted: BatteryTarget, rating_w: float | None, before_w: float | None, left: Left
) -> tuple[BatteryTarget, float | None]:
    """The same, charging from the grid no harder than the limits allow.

    Args:
        rating_w: the hardest it can charge, where that is known.
        before_w: what it was allowed last; None = it did not charge from the grid.

    Returns:
        The target, and what is allowed now.
    """
    if wanted.mode is not BatteryMode.IMPORT_FOCUS:
        return wanted, None
    wanted_w = rating_w if wanted.power_w is None else wanted.power_w
    if wanted_w is not None and wanted_w <= left.most_w:
        return wanted, wanted_w
    most_w = left.most_w // STEP_W * STEP_W if left.line is not None else float("inf")
    if before_w is not None and before_w <= left.most_w < before_w + RAISE_W:
        most_w = before_w
    if wanted_w is None and most_w == float("inf"):
        return wanted, None
    does = f"The battery charges with {most_w / 1000:.1f} kW"
    if most_w < LEAST_CHARGE_W:
        does, most_w = "The battery does not charge", 0.0
    limit = "a limit" if left.line is None else left.line.words
    reason = Reason(
        code=ReasonCode.FUSE_LIMIT if left.line is None else left.line.code,
        sentence=f"{does}: {limit} leaves no more room beside the rest.",
        inputs={"left_w": round(left.most_w)},
    )
    mode = BatteryMode.IMPORT_FOCUS if most_w else BatteryMode.IDLE
    power_w = most_w or None
    limited = replace(wanted, mode=mode, power_w=power_w, owner=Owner.SAFETY, reason=reason)
    return limited, most_w
