"""When a charger may charge slower for a while to see which car follows, and when never. Pure.

A step of the current is harmless to a car that keeps to IEC 61851; a pause may end a session
(NEcharge over OCPP ends it at 0 A), may not wake up again, and opens the contactor. So a step goes
first, and a pause only where the charger's profile calls it harmless.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil

from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.pairs import Belief, LockedBy, PairingCar, PairingMode, ProbePolicy, ProbeWish
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import Seen, Snapshot, power_delivery
from agent.model.targets import ReasonCode, Target
from agent.model.units import amps_from_watts
from agent.model.wishes import Order
from agent.plan.allocation import STEP_A
from agent.plan.flows import of_kind
from agent.plan.memory import ChargerMemory
from agent.plan.settings import PlanSettings
from agent.plan.shares import drawn

LEAST_S, MOST_S = 180.0, 1200.0
INTERVALS = 1.5
"""Between two reports of the car the change must be seen at least once, with half to spare."""

UNKNOWN_INTERVAL_S = 300.0
FOLLOW_S = 90.0
"""That long a charger may take to show the new current; some take a minute (Easee)."""

STEADY_S = 180.0
LEAST_STEP_A = 4.0
LEAST_SHARE = 0.25
"""A smaller change drowns in the rounding of what cars tell of their power (0.1 to 1 kW)."""

LIMITED = (ReasonCode.FUSE_LIMIT, ReasonCode.FUSE_METER_LOST)
SUNNY = (
    ReasonCode.SURPLUS,
    ReasonCode.SURPLUS_ENDING,
    ReasonCode.SURPLUS_MINIMUM,
    ReasonCode.SURPLUS_UNKNOWN,
)
STEADY = (ReasonCode.MODE_FAST, ReasonCode.SCHEDULE_CHARGE)
"""Why a charger charges at a current of which nobody thinks while it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a car must be ready, and how long it must still charge at full power until then; None
    = nobody knows."""

    at: datetime
    needed_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeView:
    """What the house looks like to a probe.

    Args:
        cars: what the installer says of them.
        limits, targets: of the last tick.
        sessions: per charger with a cable in it the id of the plug-in.
        busy: devices with a pending Action that is no probe.
        orders: what overrides, schedules and plans want of chargers.
        asked: cars about which a decision waits for the answer -> the sentence why.
        manual: chargers that a person told to charge, or not to.
        edges: when a schedule or a tariff turns, or has just turned.
        ready_by: per car or charger.
        pending: ids of the Actions of probes that are under way.
        followed: chargers whose own data showed what they were told last.
        intervals_s: how long it takes until a car's data show what happens now, as measured.
    """

    mode: PairingMode = PairingMode.FULL
    policy: ProbePolicy = ProbePolicy.WHEN_IT_MATTERS
    settings: PlanSettings
    snapshot: Snapshot
    cars: tuple[PairingCar, ...] = ()
    limits: Mapping[DeviceId, ChargerMemory] = field(default_factory=nothing)
    targets: Mapping[DeviceId, Target] = field(default_factory=nothing)
    sessions: Mapping[DeviceId, str] = field(default_factory=nothing)
    beliefs: Mapping[DeviceId, Belief] = field(default_factory=nothing)
    busy: frozenset[DeviceId] = frozenset()
    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    asked: Mapping[DeviceId, str] = field(default_factory=nothing)
    manual: frozenset[DeviceId] = frozenset()
    edges: tuple[datetime, ...] = ()
    ready_by: Mapping[DeviceId, Deadline] = field(default_factory=nothing)
    pending: frozenset[str] = frozenset()
    followed: frozenset[DeviceId] = frozenset()
    intervals_s: Mapping[DeviceId, float] = field(default_factory=nothing)

    def called(self, device: DeviceId) -> str:
        """What people call it."""
        return next((d.name for d in self.settings.devices if d.id == device), device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a probe would be made.

    Args:
        from_a, to_a: per phase; 0 = a pause.
    """

    from_a: float
    to_a: float
    lasts_s: float


class Never(Exception):
    """A probe is not allowed now; the text is why."""


def candidates(wish: ProbeWish, view: ProbeView) -> tuple[DeviceId, ...]:
    """The cars that may hang there, the likeliest first: neither known to be on another charger
    nor said to be unplugged."""
    elsewhere = {b.vehicle for c, b in view.beliefs.items() if c != wish.charger}
    cars = of_kind(view.snapshot, VehicleReading)
    out = {car for car, seen in cars.items() if seen.value.plugged_in is False}
    near = [car.id for car in view.cars if car.id not in elsewhere | out]
    return (wish.vehicle, *(car for car in near if car != wish.vehicle))


def matters(wish: ProbeWish, view: ProbeView) -> str | None:
    """Why the answer is worth a probe: it is open, and a decision about one of the cars that may
    hang there waits for it; None where nothing hangs on it."""
    if answered(wish.charger, view) is not None:
        return None
    return next((view.asked[car] for car in candidates(wish, view) if car in view.asked), None)


def answered(charger: DeviceId, view: ProbeView) -> str | None:
    """Who hangs there, if that is known, in a sentence."""
    belief = view.beliefs.get(charger)
    if belief is None:
        return None
    if belief.locked_by is LockedBy.MANUAL:
        return f"somebody said who is on {view.called(charger)}"
    car = belief.vehicle
    return None if car is None else f"{view.called(car)} is on {view.called(charger)}"


def way(wish: ProbeWish, view: ProbeView, now: Now) -> Way:
    """How to probe now.

    Raises:
        Never: it must not be done; nothing outweighs that, neither need nor a person's yes.
    """
    if view.mode is not PairingMode.FULL:
        raise Never("pairs only inform in this house (pairing.mode)")
    if view.policy is ProbePolicy.OFF:
        raise Never("probing is off (pairing.probe)")
    if not now.trusted:
        raise Never("the time of day is not known yet, so no schedule is either")
    known = answered(wish.charger, view)
    if known is not None:
        raise Never(f"there is nothing to find out: {known}")
    _undisturbed(wish.charger, view, now)
    charger = _charging(wish.charger, view, now)
    lasts_s = duration_s(wish, view)
    found = Way(lasts_s=lasts_s, **_amount(charger, wish, view))
    _in_time(wish, found, view, now)
    return found


def _charging(device: DeviceId, view: ProbeView, now: Now) -> Seen[ChargerReading]:
    """The charger, charging steadily and for nobody in particular."""
    seen = of_kind(view.snapshot, ChargerReading).get(device)
    if seen is None or not seen.reachable or device not in view.sessions:
        raise Never(f"{view.called(device)} is out of reach, or no car is plugged in there")
    if seen.value.controllable is False:
        raise Never(f"{view.called(device)} can be watched but not steered")
    if power_delivery(seen, now.mono_s) is not PowerDelivery.CHARGING:
        raise Never(f"{view.called(device)} is not charging")
    began_mono_s = seen.otherwise_mono_s.get("power_delivery", float("-inf"))
    if now.mono_s - began_mono_s < STEADY_S:
        raise Never(f"{view.called(device)} has only just begun to charge")
    target, order = view.targets.get(device), view.orders.get(device)
    code = target.reason.code if target is not None else None
    if code in SUNNY:
        raise Never(f"the sun moves {view.called(device)} already")
    wanted = order is not None and order.reason.code not in STEADY
    if code not in STEADY or wanted or device in view.manual:
        raise Never(f"{view.called(device)} charges because somebody wanted it so")
    return seen


def _undisturbed(device: DeviceId, view: ProbeView, now: Now) -> None:
    """Nothing else may move in the house, or the echo could be another's."""
    for other, target in view.targets.items():
        if target.reason.code in LIMITED:
            raise Never(f"the main fuse holds {view.called(other)} back")
        if other != device and target.reason.code in SUNNY:
            raise Never(f"the sun moves {view.called(other)}, and would move it more")
    for other, mind in view.limits.items():
        moved_mono_s = mind.changed_mono_s
        plugged = other in view.sessions
        if plugged and moved_mono_s is not None and now.mono_s - moved_mono_s < STEADY_S:
            raise Never(f"{view.called(other)} has been given another current just now")
    steered = sorted(view.busy & {d.id for d in view.settings.devices if d.id in view.limits})
    if steered:
        raise Never(f"a command for {steered[0]} is under way")


def duration_s(wish: ProbeWish, view: ProbeView) -> float:
    """As short as the reporting of the cars allows that would show it in time.

    Raises:
        Never: all report so seldom that nobody would see it.
    """
    polls_s = {d.id: d.poll_s for d in view.settings.devices}
    told_s = [view.intervals_s.get(car) or polls_s.get(car) for car in candidates(wish, view)]
    known_s = [interval_s for interval_s in told_s if interval_s is not None]
    soon_s = [interval_s for interval_s in known_s if interval_s <= MOST_S]
    if known_s and not soon_s:
        raise Never(f"{view.called(wish.vehicle)} tells too seldom what it does")
    lasts_s = INTERVALS * max(soon_s, default=UNKNOWN_INTERVAL_S)
    return min(MOST_S, max(LEAST_S, lasts_s))


def _amount(charger: Seen[ChargerReading], wish: ProbeWish, view: ProbeView) -> dict[str, float]:
    device, state = wish.charger, charger.value
    mind = view.limits.get(device, ChargerMemory())
    from_a = max(drawn(_with_phases(state, wish, view)).values(), default=mind.limit_a or 0.0)
    to_a = max([view.settings.chargers[device].min_a, *_least_a(state, wish, view)])
    visible = from_a - to_a >= max(LEAST_STEP_A, LEAST_SHARE * from_a)
    if visible and state.steppable is not False and _tells_power(wish, view):
        return {"from_a": from_a, "to_a": to_a}
    if state.pausable is True and not _wakes_badly(wish, view):
        return {"from_a": from_a, "to_a": 0.0}
    if state.steppable is False:
        raise Never(f"another current may end the session at {view.called(device)}")
    if visible:
        raise Never(
            f"{view.called(wish.vehicle)} does not tell its power, and a pause may harm the session"
        )
    raise Never(f"{view.called(device)} charges too slowly to charge visibly slower")


def _with_phases(state: ChargerReading, wish: ProbeWish, view: ProbeView) -> ChargerReading:
    """A charger that tells only its power, as if it had no more phases than the likeliest car:
    else 7.4 kW on one phase would seem too slow to be slowed down."""
    phases = next((car.phases for car in view.cars if car.id == wish.vehicle), None)
    fewer = phases is not None and phases < (state.phases or phases + 1)
    return replace(state, phases=phases) if fewer else state


def _least_a(state: ChargerReading, wish: ProbeWish, view: ProbeView) -> Iterator[float]:
    """Some cars stop for good below more than the standard's 6 A. In steps that chargers take:
    what is given is rounded down, and that would look like a fuse in the way."""
    mine = candidates(wish, view)
    for car in view.cars:
        if car.id in mine and car.min_power_w is not None:
            least_a = amps_from_watts(car.min_power_w, state.phases or car.phases or 1)
            yield round(ceil(least_a / STEP_A - 1e-6) * STEP_A, 1)


def _tells_power(wish: ProbeWish, view: ProbeView) -> bool:
    """Whether any of the cars would show a step."""
    cars = of_kind(view.snapshot, VehicleReading)
    told = [cars[car].value.power_w for car in candidates(wish, view) if car in cars]
    return any(power_w is not None for power_w in told)


def _wakes_badly(wish: ProbeWish, view: ProbeView) -> bool:
    mine = candidates(wish, view)
    return any(d.pausable is False for d in view.settings.devices if d.id in mine)


def _in_time(wish: ProbeWish, found: Way, view: ProbeView, now: Now) -> None:
    """It ends before anything turns, and costs nobody his departure."""
    whole_s = FOLLOW_S + found.lasts_s + STEADY_S
    calm_at, ends_at = now.later(-STEADY_S).at, now.later(whole_s).at
    if any(calm_at < edge <= ends_at for edge in view.edges):
        raise Never("a schedule or a tariff turns soon, or has just turned")
    for device in (wish.charger, *candidates(wish, view)):
        deadline = view.ready_by.get(device)
        if deadline is None:
            continue
        left_s = (deadline.at - now.at).total_seconds()
        if deadline.needed_s is None or left_s - deadline.needed_s < 2 * whole_s:
            by = f"{deadline.at:%H:%M} UTC"
            raise Never(f"{view.called(device)} must be ready by {by}, which leaves no time")


def first_allowed(
    wishes: Mapping[DeviceId, ProbeWish], view: ProbeView, now: Now
) -> tuple[ProbeWish, Way] | None:
    """The first wish that matters and that nothing forbids."""
    for wish in wishes.values():
        why = matters(wish, view)
        if why is None:
            continue
        try:
            return replace(wish, why=why), way(wish, view, now)
        except Never:
            continue
    return None
