"""How fast the house is back inside its limits, at real speed, on the house of `hearth demo`.

A load is switched on so that a phase of the main fuse has too much, or the grid operator dims the
house by a topic, a contact or a pin; the house's own account tells when it is within again. Half of
the rounds of fuse and topic have a planner that is killed whenever it is started.

*Told* is counted until the charge points offer no more than they may: Hearth's part and theirs.
*Back* is counted until the cars have followed. A car may take 5 s for that (IEC 61851-1), the
simulated ones take 2 to 5 s; their own lag in the same rounds is the baseline. The night is dark,
so that no sun is beside the limit.

What a house can set against that lag are a second car and a battery that does not yet give all it
has: both are rounds of their own. In the others one car charges, and the battery gives its all.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.cli.demo.house import DemoHouse
from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure, percentile
from benchmarks.limits_hands import DIMMED_W, Dim, Hands, Inputs, Truth, planners
from benchmarks.processes import DidNotStart

ROUNDS = int(os.environ.get("HEARTH_LIMITS_ROUNDS", "10"))
NIGHT = "start_utc,load_w,pv_w\n2026-06-15T00:00:00Z,600,0\n"
OVER_A, OVER_TWO_A = 5.0, 2.5
"""By so much the step overloads the fullest phase; so much less that the smaller of two cars can
take it all."""

AIM_S = 5.0
ASKED = Baseline("what is asked of it", AIM_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds from the load or the word until the offers, and until the currents, are within."""

    told_s: float
    back_s: float

    @property
    def car_s(self) -> float:
        return self.back_s - self.told_s


Rounds = dict[str, list[Round]]

HELD = {"HEARTH_BATTERY__PLAN": "hold"}
HELPS_AGAIN_S = 75.0
OTHERWISE = frozenset({"fuse.two_cars", "fuse.battery"})


def measure(folder: Path) -> list[Figure]:
    """The car comes home after ten seconds; then each round is a step of load and an order."""
    rounds: Rounds = {}
    with _house(folder / "alone", {}) as (house, hands, _):
        rounds |= _alone(house, hands)
        in_process = house.status()["metrics"]["frameToCommandMs"]["p99"]  # type: ignore[index]
    with _house(folder / "battery", HELD) as (_, hands, inputs):
        rounds |= _beside_a_battery(hands, inputs)
    sys.stderr.write(f"(load {os.getloadavg()[1]:.1f}) ")
    return [
        *(
            figure
            for name, rows in rounds.items()
            for figure in figures_of(name, rows, lags_of(name, rounds))
        ),
        _figure("news_to_command_p99_s", float(in_process) / 1000, ASKED),
    ]


@contextmanager
def _house(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[DemoHouse, Hands, Inputs]]:
    folder.mkdir()
    night, inputs = folder / "night.csv", Inputs(folder)
    night.write_text(NIGHT)
    with demo_house(folder, trace=night, settings={**inputs.settings, **settings}) as house:
        hands = Hands(house)
        try:
            yield house, hands, inputs
        finally:
            hands.leave()
            inputs.leave()


def lags_of(name: str, rounds: Rounds) -> list[float]:
    """What the house by itself took in the rounds that are like those: a battery, or the quicker
    of two cars, has another lag than one car."""
    mine = {name} if name in OTHERWISE else rounds.keys() - OTHERWISE
    return [row.car_s for each in sorted(mine) for row in rounds[each]]


def _alone(house: DemoHouse, hands: Hands) -> Rounds:
    rounds: Rounds = {}
    for state in ("alive", "killed"):
        hands.charges()
        with planners(house, kill=state == "killed") as seen:
            for _ in range(ROUNDS):
                rounds.setdefault(f"fuse.{state}", []).append(_step(hands))
                rounds.setdefault(f"topic.{state}", []).append(_order(hands, hands.topic))
            if not seen:
                raise DidNotStart("no planner was asked: neither alive nor dead says anything")
    hands.second_car()
    rounds["fuse.two_cars"] = [_step_of_two(hands) for _ in range(ROUNDS)]
    return rounds


def _beside_a_battery(hands: Hands, inputs: Inputs) -> Rounds:
    """The plan keeps the battery from feeding the car; it helps once a minute at the most."""
    rounds: Rounds = {}
    next_s = 0.0
    for number in range(ROUNDS):
        for name, dim in (("contact", inputs.contact), ("pin", inputs.pin)):
            rounds.setdefault(name, []).append(_order(hands, dim))
        if number % 2 == 0:
            time.sleep(max(0.0, next_s - time.monotonic()))
            hands.battery_rests()
            rounds.setdefault("fuse.battery", []).append(_step(hands))
            next_s = time.monotonic() + HELPS_AGAIN_S
    return rounds


def _step(hands: Hands) -> Round:
    return _jump(hands, hands.charges(), OVER_A, lambda t: _offered_a(t) <= hands.fuse_a)


def _step_of_two(hands: Hands) -> Round:
    """The house tells offers only in sum, and one car takes less than it is offered: told is here
    when they fall."""
    before = hands.charges()
    offered_a = sum(before["offered_a"])
    return _jump(hands, before, OVER_TWO_A, lambda t: sum(t["offered_a"]) < offered_a)


def _jump(hands: Hands, before: Truth, over_a: float, told: Callable[[Truth], bool]) -> Round:
    now_a = before["now_a"]
    fullest = now_a.index(max(now_a))
    watts = [0.0, 0.0, 0.0]
    watts[fullest] = (hands.fuse_a + over_a - now_a[fullest]) * 230.0
    began_s = time.monotonic()
    hands.truth(extra_w=watts)
    told_s = hands.until(told) - began_s
    back_s = hands.until(lambda t: max(t["now_a"]) <= hands.fuse_a) - began_s
    hands.truth(extra_w=[0, 0, 0])
    return Round(told_s=told_s, back_s=back_s)


def _order(hands: Hands, dim: Dim) -> Round:
    hands.charges()
    began_s = time.monotonic()
    dim(dimmed=True)
    told_s = hands.until(lambda t: sum(t["offered_a"]) * 230 <= DIMMED_W) - began_s
    back_s = hands.until(lambda t: t["cars_w"] <= DIMMED_W) - began_s
    dim(dimmed=False)
    return Round(told_s=told_s, back_s=back_s)


def _offered_a(truth: Truth) -> float:
    """What the fullest phase would carry if the cars took what they are offered."""
    rows = zip(truth["now_a"], truth["circuit_a"], truth["offered_a"], strict=True)
    return max(float(now - cars + min(cars, offered)) for now, cars, offered in rows)


def figures_of(name: str, rows: Sequence[Round], lags_s: Sequence[float]) -> list[Figure]:
    """Told beside what is asked, back beside the cars' own lag.

    Args:
        lags_s: of the cars in all rounds of the kind. A lag is drawn anew for each command and
            knows nothing of what led to it, so that each wait may be met by each lag: percentiles
            of all these sums depend less on luck than those of a few rounds.
    """
    back = [row.told_s + lag_s for row in rows for lag_s in lags_s]
    figures = []
    for percent in (50, 99):
        told_s = percentile([row.told_s for row in rows], percent)
        car = Baseline("the simulated cars' own lag", percentile(lags_s, percent))
        figures.append(_figure(f"told_p{percent}_s.{name}", told_s, ASKED))
        figures.append(_figure(f"back_p{percent}_s.{name}", percentile(back, percent), car))
    alone = Baseline("the same, told at once", _in_time(lags_s))
    worst = Baseline("the slowest car of the run", max(lags_s))
    return [
        *figures,
        _figure(f"back_worst_s.{name}", max(row.back_s for row in rows), worst),
        _figure(f"in_time.{name}", _in_time(back), alone, aim=None),
    ]


def _in_time(values_s: Sequence[float]) -> float:
    return sum(value_s <= AIM_S for value_s in values_s) / len(values_s)


def _figure(name: str, value: float, baseline: Baseline, aim: float | None = AIM_S) -> Figure:
    seconds = aim is not None
    return Figure(
        name=f"limits.{name}",
        value=value,
        unit="s" if seconds else "share",
        better="lower" if seconds else "higher",
        baseline=baseline,
        aim=aim,
        part="limits",
    )
