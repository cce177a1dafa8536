"""Cars, pairs, schedules and overrides in the status document, and on the screen."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from agent.bridges.status import document
from agent.bridges.why import document as why
from agent.cli.screen import screen
from agent.cli.why import lines as why_lines
from agent.model.actions import ActionKind, ActionState
from agent.model.pairs import Belief, LockedBy, PairingMode, Reporting
from agent.model.picture import JournalEntry, Picture
from agent.model.readings import DeviceKind, VehicleReading
from agent.model.schedules import Override, ScheduleState, Transition
from agent.model.targets import Reason, ReasonCode
from tests import pictures

GARAGE, ZOE = pictures.GARAGE, pictures.ZOE
OVERRIDE = Override(id="o1", device=ZOE, device_kind=DeviceKind.VEHICLE, created_at=pictures.AT)


def _picture(**changes: Any) -> Picture:
    home = replace(pictures.HOME, timezone="Europe/Oslo")
    return replace(pictures.full_picture(), **{"locations": {"home": home}, **changes})


def _shown(picture: Picture) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(screen(document(picture)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(str(text).split())


def _state(picture: Picture, device: str) -> dict[str, Any]:
    state: dict[str, Any] = next(d for d in document(picture)["devices"] if d["id"] == device)[
        "state"
    ]
    return state


def test_schedules_overrides_and_pairs_have_their_keys() -> None:
    doc = document(_picture(overrides={GARAGE: OVERRIDE, ZOE: OVERRIDE}))
    assert doc["schedules"] == [
        {
            "id": "night",
            "name": "Night",
            "targetId": "garage",
            "targetType": "charger",
            "locationId": None,
            "timezone": "Europe/Oslo",
            "isEnabled": True,
            "state": "ALIGNED",
            "shouldCharge": True,
            "upcomingTransitions": [{"at": "2026-06-01T22:00:00+00:00", "shouldCharge": False}],
            "problem": None,
        }
    ]
    assert doc["overrides"] == [
        {
            "id": "o1",
            "targetId": "zoe",
            "targetType": "vehicle",
            "createdAt": "2026-06-01T12:00:00+00:00",
            "covers": ["garage", "zoe"],
        }
    ]
    assert doc["pairs"] == [
        {
            "chargerId": "garage",
            "vehicleId": "zoe",
            "confidence": 0.993,
            "runnerUpId": None,
            "lockedBy": "heuristic",
            "since": "2026-06-01T12:00:00+00:00",
            "pinnedVehicleId": None,
            "ruledOutIds": [],
            "says": "Zoe hangs here, 99.3 % sure",
            "settles": None,
            "evidence": ["zoe was plugged in at 11:58."],
            "reasons": [
                {
                    "kind": "plug-in",
                    "points": 4.2,
                    "weight": "67 times likelier",
                    "says": "zoe was plugged in at 11:58.",
                }
            ],
        }
    ]


def test_a_car_and_its_charger_name_each_other_and_agree() -> None:
    car, charger = _state(_picture(), "zoe"), _state(_picture(), "garage")
    assert (car["pluggedInChargerId"], charger["pluggedInVehicleId"]) == ("garage", "zoe")
    assert (car["chargeRate"], car["locationId"]) == (7.36, "home")
    off = replace(_picture().pairing, mode=PairingMode.OFF)
    alone = _picture(pairing=off)
    assert (_state(alone, "zoe")["pluggedInChargerId"], document(alone)["pairs"]) == (None, [])
    assert _state(alone, "zoe")["chargeRate"] == 6.9


def _unplugged(ago_s: float, said_s: float, **changes: Any) -> Picture:
    """Zoe was unplugged so long ago, and told of its own plug last so long ago."""
    out_at = pictures.NOW.at - timedelta(seconds=ago_s)
    over = replace(pictures.SESSION, plugged_out_at=out_at)
    said = pictures.snapshot(pictures.NOW.mono_s - said_s)
    alone = {"pairs": (), "beliefs": {}, "sessions": {}, "snapshot": said}
    return _picture(**{**alone, "latest": {GARAGE: over, ZOE: over}, **changes})


def test_a_car_that_was_unplugged_is_not_plugged_in_though_it_has_yet_to_say_so() -> None:
    car = _state(_unplugged(ago_s=30.0, said_s=200.0), "zoe")
    assert (car["powerDeliveryState"], car["isPluggedIn"]) == ("UNPLUGGED", False)
    assert (car["isCharging"], car["chargeRate"]) == (False, None)
    told = "\n".join(why_lines(why(ZOE, _unplugged(ago_s=30.0, said_s=200.0)), None))
    assert told.startswith("Zoe (zoe): not plugged in, battery 63 %")
    late = {ZOE: Reporting(delay_s=240.0)}
    assert _state(_unplugged(300.0, 100.0, reporting=late), "zoe")["isPluggedIn"] is False


def test_a_car_that_says_it_is_plugged_in_again_is_believed() -> None:
    assert _state(_unplugged(ago_s=300.0, said_s=100.0), "zoe")["isPluggedIn"] is True
    anothers = replace(pictures.SESSION, vehicle=None, plugged_out_at=pictures.NOW.at)
    guests = _unplugged(30.0, 200.0, latest={GARAGE: anothers})
    assert _state(guests, "zoe")["isPluggedIn"] is True
    informed = replace(_picture().pairing, mode=PairingMode.OBSERVE_ONLY)
    assert _state(_unplugged(30.0, 200.0, pairing=informed), "zoe")["isPluggedIn"] is True


def test_the_screen_says_who_is_on_which_charger_and_how_sure() -> None:
    assert "charging, limit 16 A, Zoe (99 % sure) [solar]" in _shown(_picture())
    assert "63 %, charging at Garage" in _shown(_picture())
    mine = replace(pictures.BELIEF, locked_by=LockedBy.MANUAL)
    assert "limit 16 A, Zoe [solar]" in _shown(_picture(beliefs={GARAGE: mine}))
    guest = replace(mine, vehicle=None)
    assert "a guest [solar]" in _shown(_picture(beliefs={GARAGE: guest}))
    unsure = Belief(charger=GARAGE)
    assert "unknown car [solar]" in _shown(_picture(beliefs={GARAGE: unsure}))
    rival = replace(unsure, runner_up=ZOE)
    assert "perhaps Zoe [solar]" in _shown(_picture(beliefs={GARAGE: rival}))
    assert "limit 16 A [solar]" in _shown(_picture(devices=(pictures.CHARGER,)))


def test_the_screen_shows_schedules_on_the_clock_of_their_place() -> None:
    assert "Night Garage followed Tue 00:00 hold back" in _shown(_picture())
    later = Transition(at=pictures.AT + timedelta(days=9), should_charge=True)
    retries = replace(
        pictures.STATUS,
        state=ScheduleState.RETRYING,
        transitions=(later,),
        problem="the fuse leaves no room",
    )
    shown = _shown(_picture(statuses={"night": retries}))
    assert "Night Garage tries again 2026-06-10 14:00 charge the fuse leaves no room" in shown
    assert "Night Garage ?" in _shown(_picture(statuses={}))
    assert "schedule" not in _shown(_picture(schedules={}, statuses={}))


def test_the_screen_tells_in_plain_words_what_was_asked_and_what_became_of_it() -> None:
    asked = pictures.action(ActionState.PENDING, ActionKind.SET_MAX_CURRENT)
    mode = replace(asked, kind=ActionKind.SET_OPERATION_MODE, value="SELF_RELIANCE")
    done = replace(mode, id="other", device=pictures.ROOF_BATTERY, state=ActionState.CONFIRMED)
    shown = _shown(_picture(actions=(replace(asked, value=16.0), done)))
    assert "limit to 16 A Garage under way 0" in shown
    assert "set mode to self reliance Roof battery done 0" in shown
    for kind in ActionKind:
        assert kind.value not in _shown(_picture(actions=(replace(asked, kind=kind, value=6.0),)))


def test_charge_now_stands_where_the_mode_does() -> None:
    assert "Zoe (99 % sure) [charge now]" in _shown(_picture(overrides={GARAGE: OVERRIDE}))


@pytest.mark.parametrize(
    ("hours", "age"), [(1, "63 %,"), (3, "63 % 3 h ago,"), (100, "63 % 4 days ago,")]
)
def test_an_old_charge_says_how_old_it_is(hours: int, age: str) -> None:
    assert age in _shown(_picture(now=pictures.NOW.later(hours * 3600 - 10)))


def test_a_car_of_which_little_is_known_is_shown_with_that() -> None:
    plugged = VehicleReading(device=ZOE, at=pictures.AT, mono_s=990.0, plugged_in=True)
    apart = {"pairs": (), "snapshot": pictures.snapshot(zoe=plugged)}
    assert "Zoe plugged in" in _shown(_picture(**apart))
    unseen = _picture(pairs=(), snapshot={})
    assert "Zoe not seen yet" in _shown(unseen)


def test_brackets_in_what_people_write_are_shown_as_they_are() -> None:
    night = replace(pictures.NIGHT, name="[/red] night")
    odd = _picture(
        devices=(replace(pictures.CHARGER, name="Box [x]"),),
        schedules={"night": night},
        statuses={"night": replace(pictures.STATUS, problem="[bold]no[/italic]")},
    )
    shown = _shown(odd)
    assert "[/red] night Box [x] followed" in shown
    assert "[bold]no[/italic]" in shown


def test_a_schedule_for_a_place_goes_by_the_clock_of_that_place() -> None:
    cabin = replace(pictures.HOME, id="cabin", timezone="Asia/Tokyo")
    there = _picture(
        locations={"home": pictures.HOME, "cabin": cabin},
        schedules={"night": replace(pictures.NIGHT, location="cabin")},
    )
    assert document(there)["schedules"][0]["timezone"] == "Asia/Tokyo"
    assert "Night Garage followed Tue 07:00 hold back" in _shown(there)
    assert document(_picture(where={}))["schedules"][0]["timezone"] is None


def test_the_screen_speaks_in_the_time_of_the_house_and_by_its_names() -> None:
    why = Reason(code=ReasonCode.MODE_OFF, sentence="Paused.")
    entry = JournalEntry(at=pictures.AT, device=GARAGE, reason=why, does="pause")
    doc = document(_picture(journal=(entry,)))
    doc["links"] = {"cloud": "MQTT broker b:1: Connection refused"}
    doc["metrics"] = {"cloud": {"pendingEvents": 12, "lastSeq": 20, "ackedSeq": 8}}
    console = Console(file=io.StringIO(), width=200, record=True)
    console.print(screen(doc, zone=ZoneInfo("Europe/Brussels")))
    text = console.export_text()
    assert "14:00:00 CEST" in text
    assert "14:00:00  Garage: Paused." in text
    assert "cloud: 12 events wait on disk until it is back" in text
