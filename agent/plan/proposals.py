"""What each charger should like to draw, before limits: manual wishes, then its mode."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading
from agent.model.snapshot import Seen
from agent.model.targets import Input, Owner, Reason, ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V, amps_from_watts
from agent.model.wishes import ChargerWish, Order
from agent.plan.allocation import round_down
from agent.plan.dismissed import ended_by_hand
from agent.plan.memory import ChargerMemory
from agent.plan.phases import Phased
from agent.plan.settings import ChargerSettings
from agent.plan.solar_starts import MOST_STARTS, counted, goes_on, may_begin_in_s
from agent.plan.untaken import Proposal, truthful

DEAD_BAND_A = 0.5
CHARGES = "Charging at"
_WAITS = frozenset({ReasonCode.SURPLUS_WAITING, ReasonCode.SURPLUS_ENDING})
_PATIENT = frozenset({ReasonCode.SURPLUS, ReasonCode.SURPLUS_MINIMUM, ReasonCode.PLAN_SUN})
"""Who may show first, with the least current, that a change of phases took place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """What is left of the sun for the chargers together.

    Args:
        surplus_w: production minus what the house itself uses; None = unknown.
        settled: whether it can be trusted now, right after a change it cannot.
    """

    surplus_w: float | None
    settled: bool = True


def propose(
    seen: Seen[ChargerReading],
    wish: ChargerWish,
    settings: ChargerSettings,
    sun: Sun,
    memory: ChargerMemory,
    now: Now,
    order: Order | None = None,
    phased: Phased | None = None,
) -> Proposal:
    """The highest owner that has an opinion: an order, a person, then the mode.

    Args:
        phased: on how many phases it charges; None = as the charger says, nobody changes them.
    """
    count = None if phased is None else phased.count
    proposal = _proposed(seen, wish, settings, sun, memory, now, order, count)
    proposal = truthful(proposal, seen, memory, now)
    return proposal if phased is None else _on_phases(proposal, phased, settings)


def _on_phases(proposal: Proposal, phased: Phased, settings: ChargerSettings) -> Proposal:
    """The same with what its phases say to it: wait for a change, or show first that it took."""
    mind, reason, memory = phased.mind, proposal.reason, proposal.memory
    amps = proposal.amps
    if phased.hold is not None:
        since = mind.many_mono_s if mind.few_mono_s is None else mind.few_mono_s
        memory = replace(
            memory,
            surplus_since_mono_s=since,
            deficit_since_mono_s=None,
            untaken_mono_s=None,
        )
        return replace(proposal, amps=0.0, reason=phased.hold, memory=memory, phased=mind)
    if phased.news:
        reason = replace(reason, code=ReasonCode.PHASES_KEPT)
    if phased.note and (amps > 0 or phased.news or reason.code in _WAITS):
        reason = replace(reason, sentence=f"{reason.sentence} {phased.note}")
    if mind.uncertain and mind.kept is None and reason.code in _PATIENT:
        amps = min(amps, settings.min_a)
    return replace(proposal, amps=amps, reason=reason, phased=mind)


def _proposed(
    seen: Seen[ChargerReading],
    wish: ChargerWish,
    settings: ChargerSettings,
    sun: Sun,
    memory: ChargerMemory,
    now: Now,
    order: Order | None,
    count: int | None,
) -> Proposal:
    most_a = min(settings.max_a, wish.limit_a) if wish.limit_a is not None else settings.max_a
    if most_a < settings.min_a:
        most_a = 0.0
    idle = replace(memory, surplus_since_mono_s=None, deficit_since_mono_s=None)
    if order is not None:
        amps = _ordered(order, most_a, settings, count) if order.charging else 0.0
        return Proposal(amps=amps, owner=order.owner, reason=order.reason, memory=idle)
    if wish.manual is False:
        reason = Reason(code=ReasonCode.MANUAL_STOP, sentence="Paused because you said so.")
        return Proposal(amps=0.0, owner=Owner.MANUAL, reason=reason, memory=idle)
    if wish.manual is True:
        reason = _full(ReasonCode.MANUAL_START, "because you said so", most_a, wish)
        return Proposal(amps=most_a, owner=Owner.MANUAL, reason=reason, memory=idle)
    left_alone = None if wish.mode is ChargerMode.OFF else ended_by_hand(seen, now)
    if left_alone is not None:
        return Proposal(amps=0.0, owner=Owner.MANUAL, reason=left_alone, memory=idle)
    match wish.mode:
        case ChargerMode.OFF:
            reason = Reason(code=ReasonCode.MODE_OFF, sentence="Not charging: the mode is off.")
            return Proposal(amps=0.0, owner=Owner.DEFAULT, reason=reason, memory=idle)
        case ChargerMode.FAST:
            reason = _full(
                ReasonCode.MODE_FAST, "as fast as allowed: the mode is fast", most_a, wish
            )
            return Proposal(amps=most_a, owner=Owner.DEFAULT, reason=reason, memory=idle)
        case ChargerMode.SMART:
            why = "as fast as allowed: the mode is smart, and nobody made a plan for this car"
            reason = _full(ReasonCode.MODE_SMART, why, most_a, wish)
            return Proposal(amps=most_a, owner=Owner.DEFAULT, reason=reason, memory=idle)
        case _:
            phases = count or seen.value.phases or settings.phases
            return _solar(seen, phases, wish, settings, sun, memory, now, most_a)


def _ordered(order: Order, most_a: float, settings: ChargerSettings, count: int | None) -> float:
    """As much as the order gives; who may charge gets the charger's least at least."""
    ordered_a = order.most_a
    if order.most_w is not None and count is not None:
        ordered_a = round_down(amps_from_watts(order.most_w, count))
    if ordered_a is None:
        return most_a
    return min(most_a, max(ordered_a, settings.min_a))


def _full(code: ReasonCode, why: str, most_a: float, wish: ChargerWish) -> Reason:
    limited = " (your limit)" if wish.limit_a == most_a else ""
    sentence = f"{CHARGES} up to {most_a:g} A{limited}, {why}."
    if most_a == 0:
        whose = "what the charger may give" if wish.limit_a is None else "your limit"
        amps = "" if wish.limit_a is None else f" of {wish.limit_a:g} A"
        sentence = f"Not charging: {whose}{amps} is less than a car can take."
    return Reason(code=code, sentence=sentence, inputs={"limit_a": most_a})


def _solar(
    seen: Seen[ChargerReading],
    phases: int,
    wish: ChargerWish,
    settings: ChargerSettings,
    sun: Sun,
    memory: ChargerMemory,
    now: Now,
    most_a: float,
) -> Proposal:
    floor_a = settings.min_a if wish.mode is ChargerMode.MIN_SOLAR else 0.0
    floor_a = min(floor_a, most_a)
    before_a = memory.limit_a or 0.0
    if sun.surplus_w is None:
        return _no_sun_known(floor_a, memory)
    sun_a = (sun.surplus_w - settings.residual_w) / (NOMINAL_VOLTAGE_V * phases)
    enough = sun_a >= settings.min_a
    inputs: dict[str, Input] = {
        "surplus_w": round(sun.surplus_w), "sun_a": round(sun_a, 1), "min_a": settings.min_a,
        "phases": phases,
    }  # fmt: skip
    mind = _timers(
        counted(memory, seen, sun.surplus_w - settings.residual_w, now), now, enough=enough
    )
    if not sun.settled and before_a > 0:
        held = Reason(
            code=ReasonCode.SURPLUS,
            sentence=f"{CHARGES} {before_a:g} A on the sun; waiting for the meters to follow.",
            inputs=inputs,
        )
        return Proposal(amps=max(before_a, floor_a), owner=Owner.DEFAULT, reason=held, memory=mind)
    charging = before_a >= settings.min_a
    wanted_a, reason = _decide(sun_a, floor_a, most_a, mind, settings, now, inputs, charging)
    if charging and wanted_a > 0 and abs(wanted_a - before_a) < DEAD_BAND_A:
        wanted_a = min(before_a, most_a)
    return Proposal(amps=wanted_a, owner=Owner.DEFAULT, reason=reason, memory=mind)


def _timers(memory: ChargerMemory, now: Now, *, enough: bool) -> ChargerMemory:
    if enough:
        since = memory.surplus_since_mono_s
        return replace(
            memory,
            surplus_since_mono_s=now.mono_s if since is None else since,
            deficit_since_mono_s=None,
        )
    since = memory.deficit_since_mono_s
    return replace(
        memory,
        surplus_since_mono_s=None,
        deficit_since_mono_s=now.mono_s if since is None else since,
    )


def _decide(
    sun_a: float,
    floor_a: float,
    most_a: float,
    mind: ChargerMemory,
    settings: ChargerSettings,
    now: Now,
    inputs: dict[str, Input],
    charging: bool,  # noqa: FBT001 an internal step with positional values only
) -> tuple[float, Reason]:
    """Start after start_delay_s of enough sun, stop after stop_delay_s of too little."""
    watts = f"{inputs['surplus_w']} W"
    left_over = f"{watts} of sun is left over"
    if float(inputs["surplus_w"] or 0.0) < 0:
        left_over = (
            f"the house takes {abs(float(inputs['surplus_w'] or 0)):.0f} W more than the sun gives"
        )
    if sun_a >= settings.min_a:
        rests_s = 0.0 if charging or floor_a else may_begin_in_s(mind, now)
        if rests_s > 0:
            text = f"Waiting: {left_over}, but the car has begun {MOST_STARTS} times and rests now."
            return 0.0, _waiting(ReasonCode.SURPLUS_WAITING, text, inputs, now, rests_s)
        waited_s = now.mono_s - (mind.surplus_since_mono_s or now.mono_s)
        if charging or waited_s >= settings.start_delay_s:
            amps = round_down(min(most_a, sun_a))
            if amps < settings.min_a:
                amps = 0.0
            text = f"{CHARGES} {amps:g} A: {left_over}."
            return amps, Reason(code=ReasonCode.SURPLUS, sentence=text, inputs=inputs)
        left_s = settings.start_delay_s - waited_s
        text = f"Charging starts if this holds for {ceil(left_s)} s: {left_over}."
        return floor_a, _waiting(ReasonCode.SURPLUS_WAITING, text, inputs, now, left_s)
    short_s = now.mono_s - (mind.deficit_since_mono_s or now.mono_s)
    if charging and floor_a == 0 and short_s < settings.stop_delay_s:
        left_s = settings.stop_delay_s - short_s
        text = f"Pausing in {ceil(left_s)} s unless the sun comes back: {left_over}."
        return settings.min_a, _waiting(ReasonCode.SURPLUS_ENDING, text, inputs, now, left_s)
    need_w = settings.min_a * NOMINAL_VOLTAGE_V * float(inputs["phases"] or 3)
    if charging and floor_a == 0 and goes_on(mind, need_w):
        text = (
            f"{CHARGES} the minimum of {settings.min_a:g} A: {left_over}; the car has begun"
            f" {MOST_STARTS} times, and would not again for hours."
        )
        return settings.min_a, Reason(code=ReasonCode.SURPLUS_MINIMUM, sentence=text, inputs=inputs)
    if floor_a:
        text = f"{CHARGES} the minimum of {floor_a:g} A: {left_over}."
        return floor_a, Reason(code=ReasonCode.SURPLUS_MINIMUM, sentence=text, inputs=inputs)
    text = f"Waiting for the sun: {left_over}, the car needs {need_w:.0f} W."
    return 0.0, Reason(code=ReasonCode.SURPLUS_WAITING, sentence=text, inputs=inputs)


def _waiting(
    code: ReasonCode, text: str, inputs: dict[str, Input], now: Now, left_s: float
) -> Reason:
    until: datetime = now.later(left_s).at
    return Reason(code=code, sentence=text, inputs=inputs, changes_at=until)


def _no_sun_known(floor_a: float, memory: ChargerMemory) -> Proposal:
    """Surplus needs the grid meter; without it only the promised minimum is given."""
    idle = replace(memory, surplus_since_mono_s=None, deficit_since_mono_s=None)
    text = "Nobody knows how much sun is left over: the grid meter is silent."
    text += f" Charging at the minimum of {floor_a:g} A." if floor_a else " Not charging."
    reason = Reason(code=ReasonCode.SURPLUS_UNKNOWN, sentence=text)
    return Proposal(amps=floor_a, owner=Owner.DEFAULT, reason=reason, memory=idle)
