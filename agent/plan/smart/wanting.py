"""Whether a car that has a plan shall charge now, how hard, and why. Pure.

1. Below its minimum at once, at any price.
2. At full power from its latest start on, and until it is full: what has to be ready is not
   stopped for a price any more.
3. While prices are missing that may come, and there is time enough to charge after them and an hour
   to spare, it is not charged at a price that is not known to be a good one.
4. Else as the planner says, but no stretch and no pause between stretches is shorter than the
   policy allows. A single window, once begun, is not left until the car is full.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.model.clock import Now
from agent.model.smart import Window, Windows
from agent.model.targets import Reason, ReasonCode
from agent.plan.smart import words
from agent.plan.smart.case import EVERY_PATH_S, Case
from agent.plan.smart.memory import Mind, Stretch
from agent.plan.smart.window import (
    cheap,
    cheapest_window,
    known_until,
    mean_price,
    usual_price,
)

AWAITING_RESERVE_S = 3600.0
BEGUN_FOR_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """
    Args:
        power_w: at the charger; None = as much as is allowed.
        pressing: a start that fails is tried on every path.
        awaiting: it waits for prices that are not known yet.
        windows: when it charges from now on.
        wake_at: when time alone changes this.
    """

    charging: bool
    reason: Reason
    power_w: float | None = None
    pressing: bool = False
    awaiting: bool = False
    windows: tuple[Window, ...] = ()
    wake_at: datetime | None = None


def want_of(mind: Mind, case: Case, deadline: datetime, now: Now) -> tuple[Mind, Want | None]:
    """What a car shall do now; None while neither need nor planner says anything.

    Args:
        deadline: of the plan, or the one that a new plan would have.
    """
    latest = case.latest_start(deadline)
    pressed_at = None if latest is None else latest - timedelta(seconds=EVERY_PATH_S)
    pressing = pressed_at is not None and now.at >= pressed_at
    if case.below_minimum:
        reason = words.minimum(case)
        return mind, Want(charging=True, reason=reason, pressing=pressing, windows=_rest(case, now))
    if mind.must or now.at >= deadline or (latest is not None and now.at >= latest):
        mind = replace(mind, must=True)
        reason = words.ready(case, deadline, now)
        hurried = pressing or latest is None or now.at >= deadline
        return mind, Want(charging=True, reason=reason, pressing=hurried, windows=_rest(case, now))
    mind, want = _for_the_price(mind, case, deadline, now)
    if want is None:
        return mind, None
    wakes = [each for each in (latest, pressed_at, want.wake_at) if each and each > now.at]
    pressing = pressing or want.pressing
    return mind, replace(want, pressing=pressing, wake_at=min(wakes, default=None))


def _rest(case: Case, now: Now) -> tuple[Window, ...]:
    lasts_s = None if case.need is None else case.need.duration_s
    if lasts_s is None:
        return ()
    return (Window(start=now.at, stop=now.at + timedelta(seconds=lasts_s)),)


def _for_the_price(
    mind: Mind, case: Case, deadline: datetime, now: Now
) -> tuple[Mind, Want | None]:
    if case.policy.windows is Windows.SINGLE:
        return _single(mind, case, deadline, now)
    advice = case.advice
    if advice is None:
        return mind, _as_before(mind, case)
    # Wires that leave nothing do not change the plan: the limits hold the car back by themselves.
    code = advice.reason.code
    want = Want(
        charging=advice.power_w > 0 or code is ReasonCode.PLAN_LIMIT,
        reason=advice.reason,
        pressing=code is ReasonCode.PLAN_READY,
        power_w=advice.power_w,
        windows=advice.windows,
    )
    wait_until = _waits_until(mind, case, deadline, now)
    if wait_until is not None:
        if not want.charging and _nothing_before(known_until(case.prices, now.at), want):
            want = replace(want, awaiting=True)
        elif want.charging and code is ReasonCode.PLAN_CHARGE and not _good_now(case, now):
            want = _held(case, wait_until, now)
    return mind, _steady(mind, case, want, now)


def _as_before(mind: Mind, case: Case) -> Want | None:
    """Without a word from the planner what was begun goes on."""
    if mind.phase is None or mind.plan is None:
        return None
    charging, windows = mind.phase.charging, mind.plan.windows
    reason = words.unplanned(case, charging=charging)
    return Want(charging=charging, reason=reason, windows=windows)


def _steady(mind: Mind, case: Case, want: Want, now: Now) -> Want:
    """Hold the car to what it has begun for as long as the policy asks for."""
    phase, plan, policy = mind.phase, mind.plan, case.policy
    if phase is None or plan is None or phase.charging is want.charging:
        return want
    if phase.charging:
        if phase.agreed_mono_s is None:
            return want
        left_s = phase.agreed_mono_s + policy.min_on_s - now.mono_s
        if left_s <= 0:
            return want
        wake_at = now.later(left_s).at
        reason = words.steady(case, wake_at, charging=True, now=now)
        power_w = case.need.min_w if case.need is not None else None
        return replace(
            want, charging=True, awaiting=False, power_w=power_w, reason=reason, wake_at=wake_at
        )
    if plan.start_confirmed_at is None:  # nothing has been stopped yet that might wear out
        return want
    left_s = phase.since_mono_s + policy.min_off_s - now.mono_s
    if left_s <= 0:
        return want
    wake_at = now.later(left_s).at
    reason = words.steady(case, wake_at, charging=False, now=now)
    return replace(want, charging=False, power_w=None, reason=reason, wake_at=wake_at)


def _single(mind: Mind, case: Case, deadline: datetime, now: Now) -> tuple[Mind, Want | None]:
    if mind.begun:
        return mind, Want(charging=True, reason=words.begun(case), windows=_rest(case, now))
    lasts_s = None if case.need is None else case.need.duration_s
    if lasts_s is None or case.prices is None:
        return mind, _as_before(mind, case)
    stretch = mind.stretch
    if stretch is None or not stretch.fits(case.prices.slots, deadline, lasts_s):
        window = cheapest_window(case.prices, now.at, deadline, lasts_s)
        stretch = Stretch(
            slots=case.prices.slots, deadline=deadline, lasts_s=lasts_s, window=window
        )
        mind = replace(mind, stretch=stretch)
    window = stretch.window
    wait_until = _waits_until(mind, case, deadline, now)
    if window.start <= now.at:
        price_per_kwh = mean_price(case.prices, window)
        if wait_until is not None and not cheap(case.prices, price_per_kwh):
            return mind, _held(case, wait_until, now)
        mind = replace(mind, begun=True)
        return mind, Want(charging=True, reason=words.begun(case), windows=(window,))
    want = Want(
        charging=False,
        reason=words.waiting(case, window.start, now),
        windows=(window,),
        wake_at=window.start,
    )
    known = known_until(case.prices, now.at)
    return mind, replace(want, awaiting=wait_until is not None and _nothing_before(known, want))


def _waits_until(mind: Mind, case: Case, deadline: datetime, now: Now) -> datetime | None:
    """How long prices may be waited for that nobody knows yet; None where none are missing before
    the deadline, or what they leave is not surely enough. What has begun is not stopped for less
    than half an hour of waiting."""
    lasts_s = None if case.need is None else case.need.duration_s
    known = known_until(case.prices, now.at)
    if lasts_s is None or known >= deadline:
        return None
    until = deadline - timedelta(seconds=lasts_s + AWAITING_RESERVE_S)
    begun = mind.phase is not None and mind.phase.charging
    enough = until - timedelta(seconds=BEGUN_FOR_S) if begun else until
    return until if known <= until and now.at < enough else None


def _nothing_before(known: datetime, want: Want) -> bool:
    """Whether all charging is meant for hours without a price."""
    return min((each.start for each in want.windows), default=known) >= known


def _good_now(case: Case, now: Now) -> bool:
    return cheap(case.prices, usual_price(case.prices, now.at))


def _held(case: Case, until: datetime, now: Now) -> Want:
    """Wait for prices; when they never come it charges without."""
    lasts_s = None if case.need is None else case.need.duration_s
    window = Window(start=until, stop=until + timedelta(seconds=lasts_s or 0.0))
    return Want(
        charging=False,
        reason=words.awaiting(case, until, now),
        awaiting=True,
        windows=(window,),
        wake_at=until,
    )
