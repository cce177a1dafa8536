"""Households that are probed."""

from dataclasses import replace

import pytest

from benchmarks.pairing.household import Household, Life
from benchmarks.pairing.load import load
from benchmarks.pairing.loop import looped
from benchmarks.pairing.run import OURS, Extent, run
from benchmarks.pairing.things import Throttle


def charging_now(made: Household) -> tuple[str, float]:
    """A charger, and an instant at which a car has charged there for a while."""
    for line in made.lines:
        if line.device.startswith("box") and line.fields.get("chargeRate", 0) > 9:
            later_s = line.seen_s + 1800
            if any(p.charger == line.device and p.from_s + 900 < later_s < p.to_s - 1800
                   for p in made.plugs):  # fmt: skip
                return line.device, later_s
    raise AssertionError("nobody charges in this household")


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_a_step_changes_the_household_from_then_on_and_nothing_before(seed: int) -> None:
    life = Life("hard", seed, 10)
    made = life.lived()
    charger, from_s = charging_now(made)
    step = Throttle(charger, from_s, from_s + 600, 6.0)
    stepped = life.lived([step])
    assert stepped.lines == life.lived([step]).lines
    count = sum(line.seen_s <= from_s for line in made.lines)
    assert stepped.lines[:count] == made.lines[:count]
    first = stepped.lines[count]
    assert (first.device, first.fields) == (charger, {"command": "LIMIT", "value": 6.0})
    told = [line.fields["maxCurrent"] for line in stepped.lines if "maxCurrent" in line.fields]
    assert told[0] == 6.0
    assert [p.from_s for p in stepped.plugs if p.from_s < from_s] == [
        p.from_s for p in made.plugs if p.from_s < from_s
    ]
    assert life.lived().lines == made.lines


def test_probes_are_made_by_the_household_and_answered_by_its_cars() -> None:
    found = looped("hard", 505, 6)
    assert found.steps
    assert 0 < found.answered <= len(found.steps) <= found.wished
    assert all(s.from_s < s.to_s <= s.from_s + 1900 for s in found.steps)
    for plug in found.home.plugs:
        mine = [s for s in found.steps if s.charger == plug.charger]
        assert sum(plug.from_s < s.from_s < plug.to_s for s in mine) <= 1
    again = looped("hard", 505, 6)
    assert (again.steps, again.named) == (found.steps, found.named)


def test_households_are_judged_alike_in_several_processes() -> None:
    extent = Extent(days=3, ablate=1, probe=2)
    alone = run("typical", range(40, 43), extent).document()
    both = run("typical", range(40, 43), replace(extent, jobs=2)).document()
    for each in (alone, both):
        for method in each["methods"].values():
            del method["cpuMsPerHouseDay"], method["replayMsPerHouseDay"]
    assert alone == both
    assert alone["probes"]["households"] == 2
    assert alone["without"]["nothing"]["plugIns"] < alone["methods"][OURS]["plugIns"]


def test_a_house_with_three_cars_and_three_chargers_costs_hardly_anything() -> None:
    found = load(days=1)
    assert found.messages_per_day > 2000
    assert 0 < found.rule_share < found.share < 0.001
