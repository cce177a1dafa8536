"""On the sun a car begins three times, and the last time it stays."""

from collections.abc import Callable
from math import pi, sin

import pytest

from agent.model.intents import ChargerMode
from agent.model.readings import PowerDelivery
from agent.model.targets import ChargerTarget, ReasonCode
from agent.plan import Memory, decide
from tests.unit.house import GARAGE, NOON, SETTINGS, charger, charging, grid, snapshot, wishes

Sky = Callable[[float], float]
"""Watts of sun that are left over, by the hour."""


class Day:
    """A house with one car on the sun; the car does as it is told, after a moment.

    Attributes:
        starts: how often it began. own_wh: what the car got of the sun; bought_wh: of the grid.
    """

    def __init__(self, mode: ChargerMode = ChargerMode.SOLAR) -> None:
        self.mode, self.memory, self.now = mode, Memory(), NOON
        self.amps, self.starts, self.own_wh, self.bought_wh = 0.0, 0, 0.0, 0.0
        self.last: ChargerTarget | None = None

    def run(self, sky: Sky, hours: float, step_s: float = 15.0) -> ChargerTarget:
        began_s = self.now.mono_s
        while self.now.mono_s - began_s < hours * 3600:
            self.now = self.now.later(step_s)
            sun_w = sky((self.now.mono_s - began_s) / 3600)
            drawn_w = self.amps * 690.0
            car = charging(self.amps, self.now) if self.amps else charger(self.now)
            self.own_wh += min(drawn_w, max(0.0, sun_w)) * step_s / 3600
            self.bought_wh += max(0.0, drawn_w - max(0.0, sun_w)) * step_s / 3600
            house = snapshot(car, grid(drawn_w - sun_w, self.now))
            done = decide(house, wishes(self.mode), SETTINGS, self.memory, self.now)
            told = done.targets[GARAGE]
            assert isinstance(told, ChargerTarget)
            amps = (told.max_current_a or 0.0) if told.charging else 0.0
            self.starts += bool(amps) and not self.amps
            self.memory, self.last, self.amps = done.memory, told, amps
        assert self.last is not None
        return self.last


def broken(hour: float) -> float:
    """Clouds of ten minutes, and ten minutes of sun between them."""
    return 7000.0 if sin(2 * pi * hour * 3) > 0 else 500.0


def bright(_: float) -> float:
    return 7000.0


def dark(_: float) -> float:
    return -400.0


def test_under_broken_clouds_a_car_begins_three_times_and_stays() -> None:
    day = Day()
    day.run(broken, 8)
    assert day.starts == 3
    assert day.own_wh > 2 * day.bought_wh


def test_the_last_charge_ends_when_the_sun_is_gone() -> None:
    day = Day()
    day.run(broken, 2)
    before_wh = day.bought_wh
    over = day.run(dark, 1)
    assert not over.charging
    assert day.bought_wh - before_wh < 3000


def test_after_three_starts_it_rests_and_says_until_when() -> None:
    day = Day()
    day.run(broken, 2)
    day.run(dark, 1)
    waiting = day.run(bright, 1)
    assert (waiting.charging, waiting.reason.code) == (False, ReasonCode.SURPLUS_WAITING)
    assert "begun 3 times" in waiting.reason.sentence
    assert waiting.reason.changes_at is not None
    assert day.run(bright, 5).charging
    assert day.starts == 4


def test_the_next_morning_it_has_its_three_starts_again() -> None:
    day = Day()
    day.run(broken, 3)
    day.run(dark, 12)
    before = day.starts
    day.run(broken, 6)
    assert day.starts - before == 3


def test_a_short_hesitation_is_no_start() -> None:
    day = Day()
    day.run(bright, 0.5)
    for _ in range(5):
        day.now = day.now.later(20)
        house = snapshot(charger(day.now, PowerDelivery.NO_POWER), grid(-7000.0, day.now))
        done = decide(house, wishes(day.mode), SETTINGS, day.memory, day.now)
        day.memory = done.memory
        day.run(bright, 0.1)
    assert day.memory.chargers[GARAGE].begun == 1


def test_minimum_plus_sun_knows_no_budget() -> None:
    day = Day(ChargerMode.MIN_SOLAR)
    assert day.run(broken, 4).charging
    assert day.starts == 1


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_forgets_no_start(*, same_boot: bool) -> None:
    day = Day()
    day.run(broken, 2)
    day.memory = Memory.from_json(day.memory.to_json(), same_boot=same_boot)
    day.run(broken, 4)
    assert day.starts == 3
