"""What people are told of phases."""

from collections.abc import Mapping
from types import MappingProxyType

from agent.model.targets import Reason, ReasonCode
from agent.model.units import watts_from_amps
from agent.plan.phase_memory import Kept
from agent.plan.settings import ChargerSettings, PhaseRules

_ALONE = "Its phases are left alone until the car leaves: "
KEPT: Mapping[Kept, str] = MappingProxyType(
    {
        Kept.WRONG: _ALONE + "after a change the car drew on another number of phases than was "
        "asked for; check in the charger's settings that it may switch phases.",
        Kept.LONE: _ALONE + "all are offered and the car draws on one, so it can use no more, or "
        "the charger did not follow.",
        Kept.BLIND: _ALONE + "the charger does not tell its current per phase, so nobody can see "
        "whether a change took place.",
        Kept.STUCK: _ALONE + "the charge did not pause within 60 s, and phases are never changed "
        "under current.",
    }
)
UNABLE = "One phase would do, but this charger cannot change its phases without ending the charge."
IDLE = "Its phases stay as they are: the car takes nothing of what it is offered."
UNKNOWN_CAR = "One phase would do, but nobody has seen yet how many the car can use."


def spent(goal: int, rules: PhaseRules) -> str:
    return (
        f"{called(goal).capitalize()} would do, but then its phases would change more than "
        f"{rules.most_a_day} times in 24 hours, which spares the contactor."
    )


def changing(goal: int, own: ChargerSettings, power_w: float | None, *, paused: bool) -> Reason:
    """Args:
    power_w: what there is; None = full power is wanted.
    paused: whether the change has been made, and only the contactor needs its time.
    """
    does = "Changed to" if paused else "Pausing to change to"
    why = "full power is wanted"
    if power_w is not None:
        least_w = watts_from_amps(own.min_a, own.phases)
        enough = "need" if goal == 1 else "need no more than"
        why = f"there are {power_w:.0f} W, and {called(own.phases)} {enough} {least_w:.0f} W"
    return Reason(
        code=ReasonCode.PHASES_SWITCH,
        sentence=f"{does} {called(goal)}: {why}.",
        inputs={"phases": goal, "power_w": None if power_w is None else round(power_w)},
    )


def soon(goal: int, left_s: float) -> str:
    minutes = max(1, round(left_s / 60))
    return f"It changes to {called(goal)} in {minutes} min if this lasts."


def on_one(own: ChargerSettings, least_w: float) -> str:
    return f"It is on one phase, since {called(own.phases)} need {least_w:.0f} W."


def called(phases: int) -> str:
    return {1: "one phase", 2: "two phases", 3: "three phases"}[phases]
