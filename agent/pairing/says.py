"""Evidence in sentences for people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp, floor, log10
from zoneinfo import ZoneInfo

from agent.model.clock import Now
from agent.model.pairs import Belief, Evidence, LockedBy
from agent.model.readings import DeviceId
from agent.pairing.evidence import Item

MINUTE_S = 60.0
LEAST_TIMES, MOST_TIMES = 1.15, 10_000.0
SURE_ENOUGH = 0.5
HOW_TO_SETTLE = "the next start, stop or pause of one of the cars, a card at the charger, or you"

Figures = tuple[float, ...]
Time = Callable[[float], str]


def evidence(item: Item, car: str, now: Now, timezone: str) -> Evidence:
    """
    Args:
        car: what people call it.
    """
    zone = _zone(timezone)

    def clock(at_s: float) -> str:
        at = (now.at + timedelta(seconds=at_s - now.mono_s)).astimezone(zone)
        return _time(at, now.at.astimezone(zone))

    says = _SENTENCES[item.says](car, item.figures, clock)
    return Evidence(kind=item.kind, points=round(item.points, 1), says=says)


def weight(points: float) -> str:
    """How much evidence is worth, in words: 3.0 is "20 times likelier"."""
    times = exp(min(abs(points), 30.0))
    if times < LEAST_TIMES:
        return "hardly counts"
    word = "likelier" if points > 0 else "less likely"
    if times > MOST_TIMES:
        return f"more than {MOST_TIMES:,.0f} times {word}"
    digits = 1 - floor(log10(times))
    shown = round(times, digits)
    return f"{shown:,.{max(0, digits)}f} times {word}"


def held(belief: Belief, name_of: Callable[[DeviceId], str], *, pinned: bool = False) -> str:
    """What is held of the car on a charger, as one sentence that follows the charger's name."""
    car = None if belief.vehicle is None else name_of(belief.vehicle)
    if belief.locked_by is LockedBy.MANUAL:
        if car is None:
            return "a guest's car hangs here, as a person said"
        return f"{car} {'always hangs' if pinned else 'hangs'} here, as a person said"
    if car is not None:
        return f"{car} hangs here, {percent(belief.confidence)} sure"
    rival = None if belief.runner_up is None else name_of(belief.runner_up)
    if rival is None or belief.confidence > SURE_ENOUGH:
        return (
            "it is not known which car hangs here;"
            f" {percent(belief.confidence)} that it is none of the house"
        )
    return f"it is not known which car hangs here; perhaps {rival}"


def percent(share: float) -> str:
    """A probability such that nearly sure is not shown as sure."""
    if share > 0.99 or share < 0.01:  # noqa: PLR2004
        return f"{floor(share * 10_000) / 100:g} %"
    return f"{share * 100:.0f} %"


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _time(at: datetime, today: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.date() == today.date() else f"{at:%a %H:%M:%S}"


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / MINUTE_S))} min"


def _plug(car: str, f: Figures, clock: Time) -> str:
    return (
        f"{car} was plugged in between {clock(f[0])} and {clock(f[1])};"
        f" the charger saw a plug at {clock(f[2])}"
    )


def _unplugged(car: str, f: Figures, clock: Time) -> str:
    return f"{car} said at {clock(f[0])} that nothing is plugged in; here a cable is"


def _left(car: str, f: Figures, clock: Time) -> str:
    return f"{car} had gone at {clock(f[0])}, while the charger was away from {clock(f[1])} on"


def _since_before(car: str, f: Figures, clock: Time) -> str:
    return f"{car} was plugged in since {clock(f[0])}, before the plug here at {clock(f[1])}"


def _replug(car: str, f: Figures, clock: Time) -> str:
    return f"the cable was out for a moment until {clock(f[1])}, and {car} did not notice"


def _together(car: str, f: Figures, clock: Time) -> str:
    did = "began" if f[4] else "stopped"
    more = f"; {f[3]:.0f} such changes agree" if round(f[3]) > 1 else ""
    return (
        f"the charger {did} at {clock(f[0])}, {car} {did} to charge between"
        f" {clock(f[1])} and {clock(f[2])}{more}"
    )


def _echo(car: str, f: Figures, clock: Time) -> str:
    return (
        f"the charger was given another current at {clock(f[0])}, and {car} went from"
        f" {f[1] / 1000:.1f} to {f[2] / 1000:.1f} kW between {clock(f[3])} and {clock(f[4])}"
    )


def _no_echo(car: str, f: Figures, clock: Time) -> str:
    return f"the charger was given another current, and {car} charged as before at {clock(f[0])}"


def _alone(car: str, f: Figures, clock: Time) -> str:
    often = "once" if round(f[1]) <= 1 else f"{f[1]:.0f} times"
    return f"one of both changed at {clock(f[0])} and the other did not ({car}; {often})"


def _contradiction(car: str, f: Figures, clock: Time) -> str:
    del clock
    return f"for {_minutes(f[0])} only one of {car} and the charger was charging"


def _agreement(car: str, f: Figures, clock: Time) -> str:
    del clock
    return f"{car} and the charger were charging together for {_minutes(f[0])}"


def _same_rate(car: str, f: Figures, clock: Time) -> str:
    del clock
    levels = f" at {f[2]:.0f} different levels" if f[2] > 1 else ""
    return f"{car} takes {f[0] / 1000:.1f} kW, the charger gives {f[1] / 1000:.1f} kW{levels}"


def _other_rate(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"{car} names another power than the charger, more than once"


def _level(car: str, f: Figures, clock: Time) -> str:
    del clock
    return (
        f"the charger gave {f[0] / 1000:.1f} kWh; {car} rose by {f[1]:.0f} % where"
        f" {f[2]:.0f} % would fit"
    )


def _plugged(car: str, f: Figures, clock: Time) -> str:
    return f"{car} said at {clock(f[0])} that it is plugged in somewhere"


def _near(car: str, f: Figures, clock: Time) -> str:
    return f"{car} stood at home at {clock(f[1])}"


def _away(car: str, f: Figures, clock: Time) -> str:
    return f"{car} was {f[0] / 1000:.1f} km away at {clock(f[1])}"


def _drives(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"{car} drives about while a cable is in here"


def _came(car: str, f: Figures, clock: Time) -> str:
    if f[0] > f[1]:
        return f"{car} was first seen at home at {clock(f[0])}; the plug was at {clock(f[1])}"
    return f"{car} came home at {clock(f[0])}, just before the plug at {clock(f[1])}"


def _bound(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"the charger read a card or an address that belongs to {car}"


def _bound_elsewhere(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"the charger read a card or an address that belongs to another car than {car}"


def _carried(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"what was known of {car} before the charger or Hearth started anew"


def _habit(car: str, f: Figures, clock: Time) -> str:
    del clock
    if round(f[1]) == 1:
        return (
            f"{car} hung here in the last session" if round(f[0]) else f"{car} hung elsewhere last"
        )
    return f"{car} hung here in about {f[0]:.0f} of the last {f[1]:.0f} sessions"


def _too_strong(car: str, f: Figures, clock: Time) -> str:
    del clock
    return f"the charger gives {f[0] / 1000:.1f} kW, more than the {f[1] / 1000:.1f} kW of {car}"


def _usual_power(car: str, f: Figures, clock: Time) -> str:
    del clock
    return f"it began with {f[0] / 1000:.1f} kW; what {car} began with before was compared"


def _usual_hour(car: str, f: Figures, clock: Time) -> str:
    return f"the plug at {clock(f[0])} was compared with the hours at which {car} came before"


def _silent(car: str, f: Figures, clock: Time) -> str:
    del clock
    return f"{car} has said nothing for {_minutes(f[0])} since the plug"


def _no_token(car: str, f: Figures, clock: Time) -> str:
    del f, clock
    return f"the charger read no card or address; those of {car} are usually read"


_SENTENCES: dict[str, Callable[[str, Figures, Time], str]] = {
    "plug": _plug,
    "unplugged": _unplugged,
    "left": _left,
    "since-before": _since_before,
    "replug": _replug,
    "together": _together,
    "echo": _echo,
    "no-echo": _no_echo,
    "alone": _alone,
    "contradiction": _contradiction,
    "agreement": _agreement,
    "same-rate": _same_rate,
    "other-rate": _other_rate,
    "level": _level,
    "plugged": _plugged,
    "near": _near,
    "away": _away,
    "drives": _drives,
    "came": _came,
    "bound": _bound,
    "bound-elsewhere": _bound_elsewhere,
    "carried": _carried,
    "habit": _habit,
    "too-strong": _too_strong,
    "usual-power": _usual_power,
    "usual-hour": _usual_hour,
    "no-token": _no_token,
    "silent": _silent,
}
