"""Hearth is killed while it forces a battery that has no time-out of its own; then it is back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sim.battery_house import CHEAP_NIGHT, Plot, Stored, stored
from tests.sim.living_house import until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

NIGHT = datetime(2026, 2, 11, 1, tzinfo=UTC)
BUYS = Plot(make="sungrow_sh", battery_soc=20.0, more=CHEAP_NIGHT + "battery: {plan: prices}\n")
SPEED, WITHIN_S = 4.0, 8.0
"""Together far from the two minutes after which Hearth gives back what nobody asks for."""


def forced(house: Stored) -> bool:
    return bool(house.truth()["orders"]) and bool(house.truth()["battery_w"] > 2000)


def killed_and_back(house: Stored, plot: Plot) -> None:
    house.kill()
    assert forced(house)  # and so it stays
    house.plot = plot
    house.start()


def test_a_battery_is_charged_on_where_its_plan_is_as_it_was_else_given_back_within_seconds(
    tmp_path: Path,
) -> None:
    with stored(tmp_path, NIGHT, SPEED, BUYS) as house:
        house.build()
        house.start()
        until("the battery is charged", lambda: forced(house))
        killed_and_back(house, BUYS)
        mode = "IMPORT_FOCUS"
        until("it shows", lambda: house.device("roof_battery").get("operationMode") == mode)
        until("it is charged on", lambda: forced(house))
        killed_and_back(house, replace(BUYS, more=CHEAP_NIGHT))
        until("it is given back", lambda: not house.truth()["orders"], WITHIN_S)
        until("it feeds the house", lambda: house.truth()["battery_w"] < 0)
