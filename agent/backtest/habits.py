"""What the last days of a house tell of its load, or of its sun.

Usual is the mean of the same time on the last days. Today is as much more or less as the last hours
were, which fades; of what the last day was, a part stays: who is away, or under clouds, may be so
tomorrow. What is not measured now counts as 0, as in the physics of a scenario, and goes on for as
long as it has lasted; of the past it says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from agent.backtest.sums import Sums

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    Args:
        days: of which the usual is the mean.
        seen_s: how far the last hours reach back; fades_s: after which a third of them is left.
        lasts: what of the last day's ratio to a usual one stays, in logarithms.
        prior: in days' means, added to both sides of a ratio: dawn does not decide about noon.
        least, most: what is believed of a ratio.
    """

    days: int
    seen_s: int
    fades_s: float
    lasts: float
    prior: float
    least: float
    most: float


LOAD = Kind(days=10, seen_s=14_400, fades_s=21_600.0, lasts=0.5, prior=0.0, least=0.0, most=1.5)
"""The mean of ten noisy days is off by a tenth of their variance; of more the season shows."""

SUN = Kind(days=14, seen_s=7200, fades_s=21_600.0, lasts=0.3, prior=0.2, least=0.2, most=2.0)
"""Of seven days one in the rain is a seventh of what is expected; with more than fourteen summer is
expected in autumn. Of the sky less lasts than of the load: people stay away for days. Its 0.3 is
that of `agent.forecasts.sky`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How what is coming compares with what is usual: at once, and for good."""

    now: float
    later: float
    fades_s: float

    def factor(self, ahead_s: float) -> float:
        return self.later + (self.now - self.later) * exp(-ahead_s / self.fades_s)


class Habits:
    """
    Args:
        came: what was measured, None = it was not. steps: in a day.
    """

    def __init__(self, kind: Kind, came: Sequence[float | None], before: int, step_s: int) -> None:
        self._kind, self._before, self._step_s = kind, before, step_s
        self._came = came
        self._hourly = dict[int, float | None]()
        self._day = DAY_S // step_s
        self.known = Sums(came, before)
        self.counted = Sums([each or 0.0 for each in came], before)

    def days(self, first: int, behind: int, back: int) -> list[float]:
        """The means of the same stretch on the days that are over, from `back` days ago on."""
        days = range(back * self._day, (back + self._kind.days) * self._day, self._day)
        means = (self.known.mean(first - ago, behind - ago) for ago in days)
        return [each for each in means if each is not None]

    def usual(self, first: int, behind: int, back: int) -> float | None:
        """None if nothing of the stretch was measured on any of the days."""
        found = self.days(first, behind, back)
        return sum(found) / len(found) if found else None

    def turn(self, step: int) -> Turn:
        """How it is just now, of what was measured before a step."""
        kind = self._kind
        day = self._hours(self.known, step - self._day, step)
        mean = sum(usual for _, usual in day) / len(day) if day else 0.0
        later = self._ratio(day, mean) ** kind.lasts
        silent_s = self._silent_s(step)
        if silent_s >= kind.seen_s:
            return Turn(now=0.0, later=later, fades_s=max(kind.fades_s, silent_s))
        lately = self._hours(self.counted, step - kind.seen_s // self._step_s, step)
        return Turn(now=self._ratio(lately, mean), later=later, fades_s=kind.fades_s)

    def _hours(self, sums: Sums, first: int, behind: int) -> list[tuple[float, float]]:
        """What came, and what is usual, in each hour of which both are known."""
        hour, found = 3600 // self._step_s, list[tuple[float, float]]()
        for start in range(first, behind, hour):
            if start not in self._hourly:
                self._hourly[start] = self.usual(start, start + hour, 1)
            came, usual = sums.mean(start, start + hour), self._hourly[start]
            if came is not None and usual is not None:
                found.append((came, usual))
        return found

    def _ratio(self, hours: list[tuple[float, float]], mean: float) -> float:
        """Of what came to what is usual; 1 where nothing is."""
        prior = self._kind.prior * mean * len(hours)
        usual = sum(usual for _, usual in hours) + prior
        if usual <= 0:
            return 1.0
        ratio = (sum(came for came, _ in hours) + prior) / usual
        return min(self._kind.most, max(self._kind.least, ratio))

    def _silent_s(self, step: int) -> int:
        """For how long nothing has been measured; 0 where nothing ever was."""
        n = step + self._before
        while n > 0 and self._came[n - 1] is None:
            n -= 1
        return (step + self._before - n) * self._step_s if n else 0
