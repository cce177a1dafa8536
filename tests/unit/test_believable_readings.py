"""Figures beyond all measure never get into the house, and never harm what is stored."""

import logging
from dataclasses import fields, replace
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.house import House
from agent.model.believable import POSSIBLE, believable
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    InverterReading,
    MeterReading,
    Reading,
    VehicleReading,
)
from agent.store.rows import encode

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
GRID = MeterReading(device=DeviceId("grid"), at=AT, mono_s=1.0, voltage_l1_v=230.0)
KINDS = (MeterReading, InverterReading, BatteryReading, ChargerReading, VehicleReading)


async def test_an_impossible_power_is_unknown_and_the_rest_is_kept() -> None:
    house = House()
    await house.report(replace(GRID, power_w=6.7e23))
    value = house.now.value[GRID.device].value
    assert value == GRID
    assert "power_w" not in house.now.value[GRID.device].said_mono_s


async def test_an_impossible_figure_leaves_what_was_known(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    house = House()
    await house.report(replace(GRID, power_w=500.0))
    for n in range(3):
        await house.report(replace(GRID, power_w=-3e9, mono_s=2.0 + n))
    seen = house.now.value[GRID.device]
    assert (getattr(seen.value, "power_w", None), seen.said_mono_s["power_w"]) == (500.0, 1.0)
    assert "; ".join(caplog.messages) == (
        "grid: power of -3e+09 W cannot be (only -1e+06 to 1e+06 can) and counts as unknown; "
        "check that the config names the right model"
    )


@pytest.mark.parametrize("kind", KINDS)
@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_whatever_a_device_says_what_is_believed_is_possible(
    kind: type[Reading], value: float
) -> None:
    names = [f.name for f in fields(kind) if f.name.rpartition("_")[2] in POSSIBLE]
    said = kind(device=GRID.device, at=AT, mono_s=1.0, **dict.fromkeys(names, value))  # type: ignore[arg-type]
    known, absurd = believable(said)
    dropped = {each.field for each in absurd}
    for name in names:
        low, high = POSSIBLE[name.rpartition("_")[2]]
        assert (getattr(known, name) is None) == (name in dropped)
        assert (name in dropped) == (not low <= value <= high)


@given(st.integers())
def test_a_number_of_any_length_can_be_stored(number: int) -> None:
    kept = orjson.loads(encode({"n": number * 10**20}))["n"]
    assert kept == pytest.approx(float(number) * 1e20)


def test_a_number_longer_than_any_float_is_unknown() -> None:
    assert encode({"n": 10**400}) == '{"n":null}'
