"""While too much flows at the connection, batteries that are held back give what they can. Pure.

A battery answers within a second or two, a car may take 5. So one that the plan keeps from giving
is left to its own regulation until the house is inside without it. What it gives meanwhile is no
room for cars: they would be told to take what is gone in a moment. Who gave a battery a mode by
hand is obeyed, and the reserve is kept.
"""

from collections.abc import Mapping

from agent.model.clock import Now
from agent.model.readings import BatteryMode, BatteryReading, DeviceId, Reading
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import BatteryTarget, Owner, Reason
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.flows import FRESH_S
from agent.plan.lines import Line, Room
from agent.plan.memory import BridgeMemory
from agent.plan.settings import PlanSettings
from agent.plan.stored import FOLLOWS_S, UNSURE_S, Stored, both_spoke

RESERVE_MARGIN_PERCENT = 1.0
MOST_A_DAY = 10
"""Times that a battery helps: each is two changes of its mode."""

SOME_W = 300.0
"""A battery that can give so little more is no help."""

HELD = frozenset({BatteryMode.IDLE, BatteryMode.EXPORT_FOCUS})
"""What keeps a battery from giving more; one that charges is cut like a car."""


def giving(
    snapshot: Snapshot,
    bridges: Mapping[DeviceId, BridgeMemory],
    metered_mono_s: float | None,
    now_mono_s: float,
) -> Stored:
    """Watts that batteries give beyond what they did before, in the meter's figure.

    Args:
        metered_mono_s: when the grid meter spoke last.
    """
    least_w = most_w = 0.0
    for device, mind in bridges.items():
        seen = snapshot.get(device)
        turned_s = mind.began_mono_s if mind.ended_mono_s is None else mind.ended_mono_s
        settled = both_spoke(seen, metered_mono_s, turned_s + FOLLOWS_S)
        if mind.ended_mono_s is None:
            given_w = _given_w(seen, mind) if settled else 0.0
            least_w += given_w
            most_w += given_w if settled else mind.most_w
        elif not settled and now_mono_s - mind.ended_mono_s <= UNSURE_S:
            most_w += mind.most_w
    return Stored(least=least_w, most=most_w)


def _given_w(seen: Seen[Reading] | None, mind: BridgeMemory) -> float:
    value = None if seen is None else seen.value
    power_w = value.power_w if isinstance(value, BatteryReading) else None
    return 0.0 if power_w is None else min(max(0.0, mind.before_w - power_w), mind.most_w)


def helping(
    targets: Mapping[DeviceId, BatteryTarget],
    snapshot: Snapshot,
    settings: PlanSettings,
    bridges: Mapping[DeviceId, BridgeMemory],
    space: Room,
    now: Now,
) -> tuple[dict[DeviceId, BatteryTarget], dict[DeviceId, BridgeMemory]]:
    """The same, or their own regulation while that helps; and what to remember of it.

    By itself a battery gives more only where the house as a whole takes from the grid.
    """
    over, seen = _over(space), flows.of_kind(snapshot, BatteryReading)
    imports = sum(space.grid_a.values()) * NOMINAL_VOLTAGE_V > SOME_W
    ratings_w = {info.id: info.max_power_w for info in settings.devices}
    found, kept = dict(targets), dict[DeviceId, BridgeMemory]()
    for device, wanted in targets.items():
        own, mind = seen.get(device), bridges.get(device)
        may = over is not None and _may(wanted, own, settings.battery.reserve_percent)
        if may and imports and (mind is None or _rested(mind, now)):
            mind = _begun(own, ratings_w.get(device), mind, now) or mind
        if mind is None:
            continue
        if not may and mind.ended_mono_s is None:
            mind = mind.ended(now.mono_s)
        kept[device] = mind
        if over is not None and mind.ended_mono_s is None:
            found[device] = _left_alone(device, mind, over)
    return found, kept


def _rested(mind: BridgeMemory, now: Now) -> bool:
    """Whether it may help again: registers wear."""
    if mind.ended_mono_s is None or now.mono_s - mind.ended_mono_s <= UNSURE_S:
        return False
    return len(mind.lately(now.mono_s)) < MOST_A_DAY


def _left_alone(device: DeviceId, mind: BridgeMemory, over: Line) -> BatteryTarget:
    return BatteryTarget(
        device=device,
        mode=BatteryMode.SELF_RELIANCE,
        owner=Owner.SAFETY,
        reason=Reason(
            code=over.code,
            sentence=f"The battery helps: {over.words} has too much, until the cars have followed.",
            inputs={"may_give_w": round(mind.most_w)},
        ),
    )


def _over(space: Room) -> Line | None:
    """A line at the connection that has too much, or would have without what batteries lend."""
    lines = (line for line in space.lines.values() if line.mains and line.needs_help)
    return next(lines, None)


def _may(wanted: BatteryTarget, seen: Seen[BatteryReading] | None, reserve_percent: float) -> bool:
    if wanted.owner is Owner.MANUAL or wanted.mode not in HELD:
        return False
    if seen is None or not seen.reachable or seen.value.soc_percent is None:
        return False
    least_percent = max(reserve_percent, seen.value.discharge_limit_percent or 0.0)
    return seen.value.soc_percent > least_percent + RESERVE_MARGIN_PERCENT


def _begun(
    seen: Seen[BatteryReading] | None,
    rating_w: float | None,
    before: BridgeMemory | None,
    now: Now,
) -> BridgeMemory | None:
    """None where nobody knows how much more it can give, or where that is next to nothing."""
    if seen is None or not seen.fresh("power_w", now.mono_s, FRESH_S):
        return None
    power_w, most_w = seen.value.power_w, seen.value.max_discharge_w or rating_w
    if power_w is None or most_w is None:
        return None
    before_w = min(power_w, 0.0)  # what it charged is cut on its own account
    if most_w + before_w < SOME_W:
        return None
    return BridgeMemory(
        began_mono_s=now.mono_s,
        before_w=before_w,
        most_w=most_w + before_w,
        earlier_mono_s=() if before is None else before.lately(now.mono_s),
    )
