"""`hearth why`: the keys that programs read, and the words that people read."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.bridges.why import NoSuchDevice, document
from agent.cli.figures import figures
from agent.cli.reporting import lines as reporting_lines
from agent.cli.why import lines
from agent.cli.words import folded
from agent.model.driver import DeviceInfo
from agent.model.pairs import Belief, Evidence, LockedBy, Reporting, Said
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.pairing.says import weight
from tests import pictures

GARAGE, ZOE = pictures.GARAGE, pictures.ZOE
UNKNOWN = Belief(
    charger=GARAGE,
    confidence=0.3,
    runner_up=ZOE,
    evidence=(Evidence(kind="location", points=0.6, says="zoe stood at home at 11:58:00"),),
    settles="the next start or stop of the car",
)


def _picture(**changes: Any) -> Picture:
    return replace(pictures.full_picture(), **changes)


def _info(device: DeviceId) -> DeviceInfo:
    return next(each for each in _picture().devices if each.id == device)


def _told(device: str, **changes: Any) -> str:
    return "\n".join(lines(document(device, _picture(**changes)), UTC))


def test_the_keys_are_those_that_the_page_documents() -> None:
    doc = document("garage", _picture())
    assert list(doc) == [
        "version", "at", "deviceId", "name", "kind", "names", "isReachable", "lastSeen", "problem",
        "state", "target", "partnerId", "partnerTarget", "pairing", "schedules", "overrides",
        "actions", "lastFailure", "shortcomings", "journal",
    ]  # fmt: skip
    assert list(doc["pairing"][0]) == [
        "chargerId", "vehicleId", "isGuest", "confidence", "runnerUpId", "lockedBy", "since",
        "pinnedVehicleId", "ruledOutIds", "says", "settles", "evidence",
    ]  # fmt: skip
    assert list(doc["pairing"][0]["evidence"][0]) == ["kind", "points", "weight", "says"]
    assert (doc["version"], doc["deviceId"], doc["partnerId"]) == (1, "garage", "zoe")


def test_a_charger_says_what_it_does_why_and_which_car_hangs_there() -> None:
    told = _told("garage")
    assert told.startswith("Garage (garage): charging, 7.4 kW")
    assert "Why: " in told
    assert "Which car: Zoe hangs here, 99.3 % sure" in told
    assert "+ zoe was plugged in at 11:58.: 67 times likelier" in told
    assert "If that is wrong: hearth pair garage CAR, guest or not-mine" in told
    assert 'Schedule "Night" for Garage: it is followed' in told


def test_a_car_shows_the_charger_that_it_hangs_on_and_what_hearth_wants_there() -> None:
    doc = document("Zoe", _picture())
    assert (doc["partnerId"], doc["partnerTarget"]["charging"]) == ("garage", True)
    told = "\n".join(lines(doc, UTC))
    assert "Where: at Garage, Zoe hangs here" in told
    assert "Hearth wants (of its charger): charging" in told


def test_an_unknown_car_comes_with_the_likeliest_one_and_what_would_settle_it() -> None:
    told = _told("garage", beliefs={GARAGE: UNKNOWN}, pairs=())
    assert "Which car: it is not known which car hangs here; perhaps Zoe" in told
    assert "+ zoe stood at home at 11:58:00: 1.8 times likelier" in told
    assert "What would settle it: the next start or stop of the car" in told
    assert "Where: perhaps at Garage; it is not known" in _told(
        "zoe", beliefs={GARAGE: UNKNOWN}, pairs=()
    )


def test_a_car_in_whose_place_another_hangs_is_not_told_to_be_there() -> None:
    other = replace(UNKNOWN, vehicle=DeviceId("polo"), confidence=0.97)
    infos = (*_picture().devices, replace(_info(ZOE), id=DeviceId("polo"), name="Polo"))
    told = _told("zoe", beliefs={GARAGE: other}, pairs=(), devices=infos)
    assert "Where: on none of your chargers, as far as Hearth knows\nAt Garage: Polo hangs" in told
    assert "Where: at" not in told


def test_figures_stand_in_units_that_people_know_and_times_on_the_clock_of_the_house() -> None:
    inputs = {
        "import_per_kwh": 0.19, "level_wh": 20304, "least_wh": 900, "slack_s": 59481,
        "rest_s": 45, "left_s": 600, "deadline": "2026-06-17T05:00:00+00:00", "power_w": 4378,
        "schedule": "dinner", "surplus_w": None, "settled": True,
    }  # fmt: skip
    oslo = ZoneInfo("Europe/Oslo")
    assert figures(inputs, lambda at: f"{datetime.fromisoformat(at).astimezone(oslo):%H:%M}") == (
        "import 0.19 per kWh, level 20.3 kWh, least 900 Wh, slack 16 h 31 min, rest 45 s,"
        " left 10 min, deadline 07:00, power 4378 W, schedule dinner, surplus unknown,"
        " settled yes"
    )


def test_a_line_that_is_too_long_for_the_terminal_goes_on_between_words_a_step_further_in() -> None:
    line = "  Why: Charging at 11 A on the sun: 7600 W of sun is left over."
    assert list(folded(line, 40)) == [
        "  Why: Charging at 11 A on the sun: 7600",
        "    W of sun is left over.",
    ]
    assert list(folded(line, None)) == [line]
    assert list(folded("a  b", 40)) == ["a  b"]


def test_a_cause_that_the_inference_does_not_name_is_settled_by_the_usual_things() -> None:
    told = _told("garage", beliefs={GARAGE: replace(UNKNOWN, settles=None)}, pairs=())
    assert "What would settle it: the next start, stop or pause" in told


def test_a_person_s_word_is_shown_as_such_with_the_way_to_take_it_back() -> None:
    guest = Belief(charger=GARAGE, confidence=0.9999, locked_by=LockedBy.MANUAL)
    told = _told("garage", beliefs={GARAGE: guest}, pairs=(), said={GARAGE: Said(guest=True)})
    assert "Which car: a guest's car hangs here, as a person said" in told
    assert "To take that back: hearth pair garage automatic" in told


def test_a_pin_is_shown_while_nothing_is_plugged_in() -> None:
    changes = {"beliefs": {}, "pairs": (), "said": {GARAGE: Said(pinned=ZOE)}}
    doc = document("garage", _picture(**changes))
    assert doc["pairing"][0]["pinnedVehicleId"] == "zoe"
    assert "nothing is plugged in" in _told("garage", **changes)


def test_other_devices_have_reasons_too() -> None:
    assert _told("Roof battery").startswith("Roof battery (roof_battery): ")
    assert "Which car" not in _told("grid")


def test_a_device_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NoSuchDevice, match="no device is called cellar; known: garage, grid"):
        document("cellar", _picture())


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (3.0, "20 times likelier"),
        (-3.0, "20 times less likely"),
        (0.6, "1.8 times likelier"),
        (5.6, "270 times likelier"),
        (8.0, "3,000 times likelier"),
        (14.0, "more than 10,000 times likelier"),
        (float("inf"), "more than 10,000 times likelier"),
        (-0.1, "hardly counts"),
    ],
)
def test_points_are_told_in_words(points: float, words: str) -> None:
    assert weight(points) == words


def test_how_a_car_reports_is_told_as_far_as_it_was_measured() -> None:
    found = Reporting(delay_s=240.0, rounding_percent=1.0, on_change_only=True, samples=12)
    doc = document("zoe", _picture(reporting={ZOE: found}))
    assert doc["state"]["reporting"] == {
        "delaySeconds": 240,
        "levelStep": 1,
        "silenceSeconds": None,
        "onChangeOnly": True,
        "ghostRate": None,
        "samples": 12,
    }
    told = list(reporting_lines(doc["state"]["reporting"]))
    assert told == [
        "usually tells of a plug: within 4 min",
        "gives its level in steps of: 1 %",
        "is usually silent while it stands for: not known yet",
        "tells each time: only what changed",
        "plug-ins before which it was said to be plugged in already: not known yet",
        "measured on 12 plug-ins",
    ]
    assert "nothing measured yet" in next(reporting_lines(None))
