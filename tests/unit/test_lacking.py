"""What plans do without: named with the remedy where people look, and in the log once."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

import pytest
from rich.console import Console

from agent.bridges.status import document
from agent.bridges.why import document as why
from agent.cli.screen import screen
from agent.cli.why import lines
from agent.control.lacking import Lacking
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import Snapshot
from agent.plan.settings import BatteryPlan, BatterySettings, PlanSettings
from tests.unit.house import NOON, SETTINGS, STORE, battery, info, snapshot

MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS")
OURS = info(STORE, DeviceKind.BATTERY, battery_modes=MODES, entry="roof")
RULES = BatterySettings(plan=BatteryPlan.PRICES)
HOUSE = replace(SETTINGS, devices=(OURS,), battery=RULES)
UNSURE = snapshot(battery(reachable=True, soc_percent=50.0))
SAYS = (
    "roof_battery does not tell how much it holds, so plans leave it out;"
    " set capacity_kwh of devices.roof to what it holds"
)
Told = Mapping[DeviceId, tuple[str, ...]]


def lacks(seen: Snapshot, settings: PlanSettings = HOUSE) -> Told:
    lacking = Lacking()
    lacking.look(seen, settings)
    return lacking.told


def test_a_battery_of_which_nobody_knows_what_it_holds_is_named_with_the_setting() -> None:
    assert lacks(UNSURE) == {STORE: (SAYS,)}
    known = replace(HOUSE, devices=(replace(OURS, capacity_wh=9000.0),))
    assert lacks(UNSURE, known) == {}
    assert lacks(snapshot(battery(reachable=True, soc_percent=50.0, capacity_wh=9000.0))) == {}


def test_a_battery_that_does_not_tell_its_level_is_named_too() -> None:
    (says,) = lacks(snapshot(battery(reachable=True, capacity_wh=9000.0)))[STORE]
    assert says.startswith("roof_battery does not tell how full it is, so plans leave it out; see")


def test_one_battery_keeps_plans_from_all_and_that_is_said() -> None:
    other = info(DeviceId("cellar"), DeviceKind.BATTERY, battery_modes=MODES)
    (says,) = lacks(UNSURE, replace(HOUSE, devices=(OURS, other)))[STORE]
    assert "so plans leave all batteries out" in says


@pytest.mark.parametrize(
    "seen",
    [
        snapshot(),
        snapshot(battery(soc_percent=50.0)),
        snapshot(battery(reachable=False, problem="no answer")),
    ],
)
def test_a_battery_that_was_not_read_yet_is_not_blamed(seen: Snapshot) -> None:
    assert lacks(seen) == {}


def test_where_no_plan_is_to_use_the_battery_nothing_is_missing() -> None:
    assert lacks(UNSURE, replace(HOUSE, battery=BatterySettings())) == {}
    unsteered = replace(HOUSE, devices=(replace(OURS, battery_modes=()),))
    assert lacks(UNSURE, unsteered) == {}


def test_the_log_says_it_once_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    lacking = Lacking()
    lost = snapshot(battery(reachable=False, soc_percent=50.0))
    known = snapshot(battery(reachable=True, soc_percent=50.0, capacity_wh=9000.0))
    for seen in (UNSURE, UNSURE, lost, UNSURE, known, known):
        lacking.look(seen, HOUSE)
    assert caplog.messages == [SAYS, "roof_battery: plans count on it again"]


def test_status_and_why_say_it() -> None:
    picture = Picture(
        now=NOON,
        devices=HOUSE.devices,
        snapshot=UNSURE,
        shortcomings={STORE: (SAYS,)},
        started_at=NOON.at,
    )
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(screen(document(picture)))
    assert SAYS in console.file.getvalue()  # type: ignore[attr-defined]
    assert f"  Plans: {SAYS}" in list(lines(why(STORE, picture), UTC))
