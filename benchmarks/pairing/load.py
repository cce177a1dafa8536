"""What pairing costs a house with three cars and three chargers, at the rates of living devices.

Chargers tell their meters each 10 s while they charge, gateways ask cars each 30 s: as often as
OCPP chargers and TeslaMate are commonly set to. All else is a household of the generator.
"""

import time
from typing import NamedTuple

from benchmarks.pairing.household import Life
from benchmarks.pairing.ours import pairing_cpu_s
from benchmarks.pairing.profiles import draw
from benchmarks.pairing.rule import status_rule
from benchmarks.pairing.things import House

CARS, CHARGERS, DAYS = 3, 3, 3
METER_S, CAR_S = 10.0, 30.0
DAY_S = 86_400.0


class Load(NamedTuple):
    """
    Args:
        share, rule_share: of one core's time, of pairing and of the status rule.
    """

    messages_per_day: float
    share: float
    rule_share: float


def load(days: int = DAYS) -> Load:
    """The first such household of the hard profile."""
    seed = next(each for each in range(1, 1000) if _fits(draw("hard", each, days)))
    home = Life("hard", seed, days, _often).lived()
    began_s = time.process_time()
    list(status_rule(home.header, home.lines))
    rule_s = time.process_time() - began_s
    spent_s = pairing_cpu_s(home, list(home.stream()))
    whole_s = days * DAY_S
    return Load(len(home.lines) / days, spent_s / whole_s, rule_s / whole_s)


def _fits(house: House) -> bool:
    return len(house.cars) == CARS and len(house.chargers) == CHARGERS


def _often(house: House) -> None:
    for charger in house.chargers:
        charger.meter_s = METER_S
    for car in house.cars:
        source = car.source
        source.poll_s, source.changes_only, source.awake_for_s = None, False, DAY_S
        source.awake_s = source.charging_s = source.driving_s = CAR_S
