"""How a car's source was found to report, for people."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Final

from agent.model.pairs import Reporting
from agent.model.readings import DeviceId
from agent.pairing.memory import Memory
from agent.pairing.reporting import Reporting as Learned
from agent.pairing.runs import LONGEST_GAP_S, Runs
from agent.pairing.tracks import Car

WITHIN_S: Final = (0.0, 0.0, 10.0, 60.0, 1200.0, 36_000.0)
"""Upper ends of what pairing.reporting counts of delays; the last count there is "never"."""

FEWEST: Final = 3.0
"""A share of fewer plug-ins says nothing."""


def reporting(memory: Memory, vehicle: DeviceId) -> Reporting | None:
    """None while nothing is known of the car's reports yet."""
    track, learned = memory.cars.get(vehicle), memory.reports.get(vehicle)
    if track is None or (learned is None and track == Car()):
        return None
    delays = () if learned is None else learned.delays
    return Reporting(
        delay_s=_median_s(delays),
        rounding_percent=_step_percent(track),
        silence_s=_silence_s(track.plugged or track.charging),
        on_change_only=track.partial,
        ghost_rate=None if learned is None else _stuck(learned),
        samples=round(sum(delays)),
    )


def all_reporting(memory: Memory) -> Mapping[DeviceId, Reporting]:
    """Of all cars that have reported."""
    found = {car: reporting(memory, car) for car in memory.cars}
    return MappingProxyType({car: each for car, each in found.items() if each is not None})


def _median_s(delays: tuple[float, ...]) -> float | None:
    """Within which time half of the reports came; None where most never did, or none was seen."""
    half, sum_so_far = sum(delays) / 2, 0.0
    if not half:
        return None
    for count, within_s in zip(delays, WITHIN_S, strict=False):
        sum_so_far += count
        if sum_so_far >= half:
            return within_s
    return None


def _silence_s(runs: Runs) -> float | None:
    """Usual length of the long gaps between two words that say the same; None without any."""
    gaps_s = [
        after.since_s - before.until_s
        for before, after in pairwise(runs)
        if before.value == after.value and after.since_s - before.until_s > LONGEST_GAP_S
    ]
    return median(gaps_s) if gaps_s else None


def _stuck(learned: Learned) -> float | None:
    """The share of plug-ins before which the flag was up already; None while they are few."""
    up, free = learned.stuck
    return up / (up + free) if up + free >= FEWEST else None


def _step_percent(track: Car) -> float | None:
    """The least step between two levels that it told; coarse figures are told in whole steps."""
    levels = sorted({run.value for run in track.soc_percent})
    steps = [after - before for before, after in pairwise(levels)]
    return round(min(steps), 2) if steps else None
