"""On how many phases a car charges, where the charger can change that. Pure.

One phase needs a third of the power that three need, so a car gets little sun instead of none; a
change wears the contactor, and some cars dislike it. So the power has to be one for the other
number for a while, there is a budget for each day, and a change down keeps one of it for the way
back. Whoever wants full power gets all phases at once. Phases are never changed under current:
the charge pauses before, and the contactor has its time after. What the car then draws shows
whether the change took place; if not, the phases are left alone until the car leaves.
"""

from dataclasses import dataclass, replace

from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.units import watts_from_amps
from agent.model.wishes import ChargerWish, Order
from agent.plan import phase_words as words
from agent.plan.phase_memory import Kept, PhaseMemory
from agent.plan.phase_proof import NOTHING_W, observed
from agent.plan.settings import ChargerSettings, PhaseRules
from agent.plan.shares import flowing

PAUSE_LEAST_S, PAUSE_MOST_S = 5.0, 60.0
"""A pause takes the car 5 s (IEC 61851-1), and chargers up to a minute to tell of it."""
REST_S = 10.0
"""Between the change and the next current: the contactor's time."""
MARGIN = 1.1
"""So much more than all phases need must be there before they are used again."""
URGENT = frozenset(
    {
        ReasonCode.PLAN_READY,
        ReasonCode.PLAN_MINIMUM,
        ReasonCode.SMART_READY,
        ReasonCode.SMART_MINIMUM,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a charger is to give.

    Args:
        full: as much as allowed.
        power_w: no more than that; None = nothing is wanted, or nobody knows how much.
        settled: whether `power_w` can be believed right now.
        planned: whether a plan says so; else it is the sun.
        limit_a: per phase, the most that people allow.
    """

    full: bool = False
    power_w: float | None = None
    settled: bool = True
    planned: bool = False
    limit_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phased:
    """Args:
    count: on how many phases what the car gets is to be reckoned.
    hold: why it must not charge at this moment.
    note: about the phases, to be added to the reason; `news`: it was not true a tick ago.
    """

    mind: PhaseMemory
    count: int
    hold: Reason | None = None
    note: str = ""
    news: bool = False


def demand(
    wish: ChargerWish,
    own: ChargerSettings,
    surplus_w: float | None,
    order: Order | None,
    *,
    settled: bool,
) -> Demand:
    """What is wanted of a charger, as far as its phases are concerned."""
    if wish.limit_a is not None and wish.limit_a < own.min_a:
        return Demand()
    if order is not None:
        planned = order.owner is Owner.SMART_CHARGING and order.reason.code not in URGENT
        if order.charging and planned and order.most_w is not None:
            return Demand(power_w=order.most_w, planned=True, limit_a=wish.limit_a)
        return Demand(full=order.charging)
    if wish.manual is not None:
        return Demand(full=wish.manual)
    if wish.mode in (ChargerMode.SOLAR, ChargerMode.MIN_SOLAR):
        power_w = None if surplus_w is None else surplus_w - own.residual_w
        return Demand(power_w=power_w, settled=settled, limit_a=wish.limit_a)
    return Demand(full=wish.mode is not ChargerMode.OFF)


def step(
    mind: PhaseMemory,
    seen: Seen[ChargerReading],
    own: ChargerSettings,
    rules: PhaseRules,
    wanted: Demand,
    now: Now,
) -> Phased:
    """Advance one charger by one tick."""
    kept = mind.kept
    mind = observed(mind, seen, own, now)
    if mind.goal is None:
        mind = _decided(mind, seen, own, rules, wanted, now)
    hold = None
    if mind.goal is not None:
        mind = _switching(mind, seen, own, wanted, now)
    if mind.goal is not None:
        power_w = None if wanted.full else wanted.power_w
        hold = words.changing(mind.goal, own, power_w, paused=mind.goal == mind.used)
    return Phased(
        mind=mind,
        count=_count(mind, seen.value, own),
        hold=hold,
        note=_note(mind, seen.value, own, rules, wanted, now),
        news=mind.kept is not None and mind.kept is not kept,
    )


def needed_w(mind: PhaseMemory, own: ChargerSettings) -> tuple[float, float, float]:
    """The least power on one phase, the least on all that the car uses, and the least at which
    all are worth a change: more than they need, and than one phase can give."""
    one_w = watts_from_amps(own.min_a, 1)
    many_w = one_w * (mind.car or own.phases)
    ceiling_a = own.max_a if mind.ceiling_a is None else min(own.max_a, mind.ceiling_a)
    return one_w, many_w, max(many_w * MARGIN, watts_from_amps(ceiling_a, 1))


def _decided(
    mind: PhaseMemory,
    seen: Seen[ChargerReading],
    own: ChargerSettings,
    rules: PhaseRules,
    wanted: Demand,
    now: Now,
) -> PhaseMemory:
    """With a goal, if it is time for one."""
    all_used = (mind.used or own.phases) == own.phases
    calm = replace(mind, few_mono_s=None, many_mono_s=None)
    if seen.value.power_delivery is PowerDelivery.FAULT:
        return calm
    if wanted.full or wanted.power_w is None or mind.kept is not None:
        hurry = wanted.full and not all_used and mind.car != 1 and mind.kept is not Kept.STUCK
        return _begun(calm, own.phases, now) if hurry else calm
    if not wanted.settled:
        return mind
    one_w, many_w, worth_w = needed_w(mind, own)
    if wanted.limit_a is not None:
        worth_w = max(many_w * MARGIN, min(worth_w, watts_from_amps(wanted.limit_a, 1)))
    few = all_used and one_w <= wanted.power_w < many_w
    many = not all_used and mind.car != 1 and wanted.power_w >= worth_w
    mind = replace(
        mind,
        few_mono_s=_since(mind.few_mono_s, now) if few else None,
        many_mono_s=_since(mind.many_mono_s, now) if many else None,
    )
    if not (few or many) or _left_s(mind, rules, now) > 0:
        return mind
    goal = 1 if few else own.phases
    forbidden = _forbidden(mind, goal, seen.value, rules, wanted, now)
    return _begun(mind, goal, now) if forbidden is None else mind


def _since(mono_s: float | None, now: Now) -> float:
    return now.mono_s if mono_s is None else mono_s


def _left_s(mind: PhaseMemory, rules: PhaseRules, now: Now) -> float:
    """Until the power has lasted; it is counted anew from each change on."""
    since_mono_s = mind.many_mono_s if mind.few_mono_s is None else mind.few_mono_s
    return rules.dwell_s - (now.mono_s - _since(since_mono_s, now))


def _forbidden(
    mind: PhaseMemory,
    goal: int,
    state: ChargerReading,
    rules: PhaseRules,
    wanted: Demand,
    now: Now,
) -> str | None:
    """Why the charger does not change though the power is one for that; None = it may."""
    changes = mind.changes(now)
    if goal > 1:
        if mind.idle(now.mono_s) and not mind.uncertain:
            return words.IDLE  # not proven: some cars do not charge on one phase
        return words.spent(goal, rules) if changes >= rules.most_a_day else None
    if state.phases_switchable is False:
        return words.UNABLE
    if wanted.planned and (mind.car or 1) == 1:
        return words.UNKNOWN_CAR  # nobody knows yet how fast it is on all phases, if it must be
    if mind.idle(now.mono_s):
        return words.IDLE
    return words.spent(goal, rules) if changes + 2 > rules.most_a_day else None


def _begun(mind: PhaseMemory, goal: int, now: Now) -> PhaseMemory:
    return replace(mind, goal=goal, stage_mono_s=now.mono_s)


def _switching(
    mind: PhaseMemory,
    seen: Seen[ChargerReading],
    own: ChargerSettings,
    wanted: Demand,
    now: Now,
) -> PhaseMemory:
    """Pause, change, rest."""
    assert mind.goal is not None  # noqa: S101 the caller's condition
    waited_s = now.mono_s - _since(mind.stage_mono_s, now)
    if mind.goal == mind.used:
        return mind.waiting() if waited_s >= REST_S else mind
    if seen.value.power_delivery is PowerDelivery.FAULT:
        return mind.waiting()
    if wanted.full and mind.goal < own.phases:
        return mind.waiting()  # somebody is in a hurry now
    if waited_s >= PAUSE_LEAST_S and _paused(mind, seen):
        return mind.switched(mind.goal, now)
    if waited_s >= PAUSE_MOST_S:
        return replace(mind.waiting(), kept=Kept.STUCK)
    return mind


def _paused(mind: PhaseMemory, seen: Seen[ChargerReading]) -> bool:
    """Whether no current flows; some chargers still say that they charge, and others say that
    they have stopped before the car has, so that what was measured since then outweighs it."""
    power_w, spoken = seen.value.power_w, seen.said_mono_s
    if power_w is None:
        return not flowing(seen.value)
    still = abs(power_w) < NOTHING_W
    if still and seen.said_after("power_w", (mind.stage_mono_s or 0.0) + PAUSE_LEAST_S):
        return True
    newer = spoken["power_w"] >= spoken.get("power_delivery", float("-inf"))
    return not flowing(seen.value) and (still or not newer)


def _count(mind: PhaseMemory, state: ChargerReading, own: ChargerSettings) -> int:
    if mind.used == 1:
        return 1
    measured = None if mind.uncertain else state.phases
    return measured or mind.car or own.phases


def _note(
    mind: PhaseMemory,
    state: ChargerReading,
    own: ChargerSettings,
    rules: PhaseRules,
    wanted: Demand,
    now: Now,
) -> str:
    if mind.kept is not None:
        return words.KEPT[mind.kept]
    if wanted.full or wanted.power_w is None:
        return ""
    if mind.few_mono_s is not None or mind.many_mono_s is not None:
        goal = 1 if mind.many_mono_s is None else own.phases
        forbidden = _forbidden(mind, goal, state, rules, wanted, now)
        return forbidden or words.soon(goal, _left_s(mind, rules, now))
    if mind.used == 1 and own.phases > 1 and mind.car != 1:
        return words.on_one(own, needed_w(mind, own)[1])
    return ""
