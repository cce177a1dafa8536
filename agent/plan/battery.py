"""Stationary batteries: left alone unless somebody, or the plan, asked for a mode.

Charging from the grid comes after the cars on every line: it is what is cut first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.model.clock import Now
from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.model.wishes import BatteryOrder, BatteryWish
from agent.plan.allocation import LineId, Want
from agent.plan.held import WORDS
from agent.plan.lines import Line, Room
from agent.plan.memory import BatteryMemory

LEAST_CHARGE_W = 100.0
"""A weaker charge is not worth the inverter's own use."""

STEP_W = 100.0
RAISE_W = 500.0
SPARE_W = 500.0
RAISE_AFTER_S = 900.0
"""Registers wear: a limit is lowered at once, with some to spare so that it need not be lowered
again, and raised later, in steps worth a write."""

RESERVE_MARGIN_PERCENT = 1.0


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
        sentence=f"The battery {WORDS[wish.mode]} because you said so, until you say otherwise.",
    )
    return BatteryOrder(mode=wish.mode, power_w=wish.power_w, owner=Owner.MANUAL, reason=reason)


def given_back(
    device: DeviceId, seen: Seen[BatteryReading] | None, said: str | None
) -> BatteryTarget | None:
    """A battery that was told something, and of which nobody wants anything any more, looks after
    itself again; once it does, it is left alone.

    Args:
        said: reason and mode of the last tick.
    """
    if said is None:
        return None
    mode = None if seen is None else seen.value.operation_mode
    over = said.startswith(ReasonCode.BATTERY_ALONE)
    if over and mode is BatteryMode.SELF_RELIANCE:
        return None
    reason = Reason(
        code=ReasonCode.BATTERY_ALONE,
        sentence="The battery looks after the house by itself: nobody wants anything else of it.",
    )
    return BatteryTarget(
        device=device, mode=BatteryMode.SELF_RELIANCE, owner=Owner.DEFAULT, reason=reason
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How hard all batteries together may charge from the grid, beside the cars.

    Args:
        most_w: what they may keep, as far as anybody can tell; inf = nothing limits.
        sure_w: what they may be given, whatever the meter has yet to show; line: what limits.
    """

    most_w: float = float("inf")
    sure_w: float = float("inf")
    line: Line | None = None

    def without(self, power_w: float) -> "Left":
        """What is left beside one that may take so much."""
        return Left(
            most_w=max(0.0, self.most_w - power_w),
            sure_w=max(0.0, self.sure_w - power_w),
            line=self.line,
        )


def left(space: Room, cars_a: Mapping[DeviceId, float], wants: Iterable[Want]) -> Left:
    """What the cars leave. What a battery has may stay while the meter may yet show less of the
    cars; more is given only if there is room for them and it for sure.

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
        watts = NOMINAL_VOLTAGE_V * phases if line.phase else 1.0
        gone = taken.get(name, 0.0)
        most = line.room - gone
        unsure = line.batteries - line.batteries_least
        sure = min(line.room - unsure, line.safe + line.batteries_least) - gone
        most_w, sure_w = (
            0.0 if line.lost is not None else max(0.0, each) * watts for each in (most, sure)
        )
        found = Left(
            most_w=min(most_w, found.most_w),
            sure_w=min(sure_w, found.sure_w),
            line=line if most_w < found.most_w else found.line,
        )
    return found


def within(
    wanted: BatteryTarget,
    rating_w: float | None,
    before: BatteryMemory | None,
    left: Left,
    now: Now,
) -> tuple[BatteryTarget, BatteryMemory | None]:
    """The same, charging from the grid no harder than the limits allow.

    Args:
        rating_w: the hardest it can charge, where that is known.
        before: what it was allowed last; None = it did not charge from the grid.

    Returns:
        The target, and what to remember; None = it does not charge from the grid.
    """
    if wanted.mode is not BatteryMode.IMPORT_FOCUS:
        return wanted, None
    wanted_w = wanted.power_w if wanted.power_w is not None else rating_w
    most_w = float("inf") if wanted_w is None else wanted_w
    if left.line is not None:
        most_w = min(most_w, _allowed_w(most_w, before, left, now))
    mind = before or BatteryMemory(allowed_w=0.0)
    if most_w == wanted_w or most_w == float("inf"):
        return wanted, None if wanted_w is None else mind.allowed(most_w, now.mono_s, limited=False)
    does = f"The battery charges with {most_w / 1000:.1f} kW"
    if most_w < LEAST_CHARGE_W:
        does, most_w = "The battery does not charge", 0.0
    reason = _limited(does, left)
    mode = BatteryMode.IMPORT_FOCUS if most_w else BatteryMode.IDLE
    limited = replace(wanted, mode=mode, power_w=most_w or None, owner=Owner.SAFETY, reason=reason)
    return limited, mind.allowed(most_w, now.mono_s, limited=True)


def _allowed_w(wanted_w: float, before: BatteryMemory | None, left: Left, now: Now) -> float:
    """The hardest that it may charge now; lowered at once, raised seldom."""
    sure_w = left.sure_w // STEP_W * STEP_W
    if before is None or not (before.allowed_w or before.limited):
        return sure_w
    held_w = before.allowed_w
    if held_w > left.most_w:
        return max(0.0, left.most_w - SPARE_W) // STEP_W * STEP_W
    young = now.mono_s - before.changed_mono_s < RAISE_AFTER_S
    if sure_w < min(held_w + RAISE_W, wanted_w) or (before.limited and young):
        return held_w
    return sure_w


def _limited(does: str, left: Left) -> Reason:
    limit = "a limit" if left.line is None else left.line.words
    return Reason(
        code=ReasonCode.FUSE_LIMIT if left.line is None else left.line.code,
        sentence=f"{does}: {limit} leaves no more room beside the rest.",
        inputs={"left_w": round(left.most_w)},
    )
