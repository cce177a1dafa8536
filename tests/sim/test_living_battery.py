"""Batteries behind simulated inverters and a real daemon: prices, locks, and who lets go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sim.battery_house import CHEAP_NIGHT, Plot, Stored, stored
from tests.sim.living_house import until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

MIDNIGHT = datetime(2026, 2, 10, 22, 56, tzinfo=UTC)  # 23:56 in Brussels
EVENING = datetime(2026, 2, 10, 17, tzinfo=UTC)


def by_itself(house: Stored) -> bool:
    """Whether nobody holds the inverter to anything."""
    return not house.truth()["orders"]


def test_a_night_that_is_cheap_fills_the_battery_and_the_car_and_a_dead_hearth_lets_go(
    tmp_path: Path,
) -> None:
    plot = Plot(smart=True, mode="smart", poll_s=5, more=CHEAP_NIGHT + "battery: {plan: prices}\n")
    with stored(tmp_path, MIDNIGHT, 120.0, plot) as house:
        house.build()
        house.start()
        house.gateway()
        until("the battery charges", lambda: house.truth()["battery_w"] > 2000)
        mode = "IMPORT_FOCUS"
        until("it shows", lambda: house.device("roof_battery").get("operationMode") == mode)
        until("the car charges too", lambda: house.truth()["cars_w"] > 9000)
        house.kill()
        assert not by_itself(house)  # this make has no time-out
        house.plot = Plot(mode="off", more=CHEAP_NIGHT)
        house.start()
        until("it is given back", lambda: by_itself(house))
        assert house.truth()["over_fuse_s"] == 0


def test_a_car_that_charges_fast_is_not_fed_and_the_inverter_lets_go_when_hearth_dies(
    tmp_path: Path,
) -> None:
    more = "battery: {plan: hold}\n"
    plot = Plot(make="sma_hybrid", mode="fast", load_w=1200, sun_w=300, battery_soc=80, more=more)
    with stored(tmp_path, EVENING, 30.0, plot) as house:
        house.build()
        house.start()
        until("the car charges", lambda: house.truth()["cars_w"] > 9000)
        until("it is not fed", lambda: -1050 < house.truth()["battery_w"] < -750)
        assert "not emptied into a car" in house.why("roof_battery")["reason"]["sentence"]
        assert house.why("roof_battery")["operationMode"] == "EXPORT_FOCUS"
        house.kill()
        until("the inverter goes its own way", lambda: by_itself(house))


def test_a_roof_is_turned_down_to_the_export_limit_and_free_when_hearth_dies(
    tmp_path: Path,
) -> None:
    plot = Plot(
        make="sunspec", parts="inverter", rated_w=10_000, battery_kwh=0, load_w=600, sun_w=8000,
        house="  export_limit_w: 3000\n",
    )  # fmt: skip
    with stored(tmp_path, EVENING, 20.0, plot) as house:
        house.build()
        house.start()
        until("no more is fed in", lambda: -3000 <= house.truth()["grid_w"] < -2800)
        assert house.why("roof")["reason"]["code"] == "export-limit"
        house.truth(extra_w=[1000, 1000, 1000])
        until("the house gets more", lambda: -3000 <= house.truth()["grid_w"] < -2800)
        assert house.truth()["sun_w"] > 6000
        house.kill()
        until("the roof is free", lambda: house.truth()["sun_w"] == 8000)
