"""Sun that falls and rises, a real daemon, and a charge point that changes its phases."""

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.sim.phases_house import Sunny, sunny

pytestmark = pytest.mark.timed

MUCH, LITTLE = (240.0, 9000.0), (240.0, 2500.0)
BEGIN_S = 480.0
BEGIN = (BEGIN_S, 9000.0)
"""Time enough for everybody to come up."""


def offers(house: Sunny) -> list[int]:
    """On how many phases the box offered current, without repetition; 0 = a pause."""
    found: list[int] = []
    for line in house.box_said("offer"):
        if not found or found[-1] != line["phases"]:
            found.append(line["phases"])
    return found


def moves(house: Sunny) -> list[int]:
    """For how many phases the contactor was closed, each time that it moved."""
    return [line["phases"] for line in house.box_said("contactor")]


def reasons(house: Sunny) -> list[str]:
    with closing(sqlite3.connect(house.folder / "hearth.db")) as db:
        rows: list[tuple[Any, ...]] = db.execute("select * from journal").fetchall()
    return [str(row) for row in rows]


def test_falling_sun_brings_one_phase_rising_sun_three_and_then_the_budget_is_spent(
    tmp_path: Path,
) -> None:
    with sunny(tmp_path, BEGIN, LITTLE, MUCH, (300.0, 2500.0)) as house:
        house.start(budget=2)
        house.wait(BEGIN_S + 240)
        assert moves(house) == [1]
        assert offers(house)[-1] == 1
        house.wait(BEGIN_S + 480)
        assert moves(house) == [1, 3]
        assert offers(house)[-1] == 3
        house.wait(BEGIN_S + 760)
        assert moves(house) == [1, 3]
        assert not any(line["live"] for line in house.box_said("contactor"))
        assert not house.box_said("stopped")
        assert all(a == 0 or b == 0 for a, b in pairwise(offers(house)))


def test_a_charging_station_of_ocpp_2_is_told_which_phase_to_use(tmp_path: Path) -> None:
    with sunny(tmp_path, BEGIN, LITTLE) as house:
        house.start("--protocol", "ocpp2.0.1", "--verbose")
        house.wait(BEGIN_S + 200)
        assert moves(house) == [1]
        assert offers(house)[-1] == 1
        assert not house.box_said("stopped")
        told = [
            period
            for line in house.box_said("call")
            if line["action"] == "SetChargingProfile"
            for schedule in line["payload"]["chargingProfile"]["chargingSchedule"]
            for period in schedule["chargingSchedulePeriod"]
        ]
        assert {each.get("phaseToUse") for each in told if each["numberPhases"] == 1} == {1}
        assert not any("phaseToUse" in each for each in told if each["numberPhases"] == 3)


def test_a_box_that_ignores_its_phases_is_found_out(tmp_path: Path) -> None:
    with sunny(tmp_path, BEGIN, (600.0, 2500.0)) as house:
        house.start("--quirk", "ignore-phases")
        house.wait(BEGIN_S + 330)
        assert not house.box_said("contactor")
        assert any("phases-kept" in row and "check in" in row for row in reasons(house))
