"""The households that pairing is judged on, and the judge."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.cli.replay import replay
from benchmarks.pairing.ablation import stripped
from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.curve import at_threshold
from benchmarks.pairing.household import Household, Plug, household
from benchmarks.pairing.identifiable import identifiable
from benchmarks.pairing.intervals import bootstrap
from benchmarks.pairing.ours import Step, hearth
from benchmarks.pairing.plots import draw_all
from benchmarks.pairing.profiles import PROFILES, Profile
from benchmarks.pairing.rule import status_rule
from benchmarks.pairing.run import OURS, RULE, TABLE, Extent, run
from benchmarks.pairing.scoring import Named, judge
from benchmarks.pairing.second import second
from benchmarks.pairing.table import point_table
from benchmarks.pairing.things import Car, Charger, Flow, House, Visit

HOUR = 3600.0
READING = {
    "isPluggedIn", "isCharging", "powerDeliveryState", "chargeRate", "batteryLevel", "chargeLimit",
    "energyRegister", "latitude", "longitude", "accuracyM", "isReachable", "sessionId", "idToken",
}  # fmt: skip
HEADER: dict[str, Any] = {
    "hearth": "stream/1",
    "site": {"latitude": 50.0, "longitude": 4.0},
    "devices": [
        {"id": "car-a", "kind": "vehicle", "batteryCapacity": 60.0},
        {"id": "car-b", "kind": "vehicle", "batteryCapacity": 60.0},
        {"id": "box-1", "kind": "charger"},
    ],
    "idTokens": {"CARD": "car-b"},
}


def home(*lines: Line, plugs: tuple[Plug, ...] = ()) -> Household:
    return Household(
        seed=0, days=1, starts_at=0, header=HEADER, lines=list(lines), plugs=list(plugs)
    )


def said(minute: float, device: str, **fields: Any) -> Line:
    return Line(minute * 60, minute * 60, device, fields)


def plug(car: str | None = "car-a", begins_h: float = 1, ends_h: float = 3) -> Plug:
    return Plug(
        charger="box-1", car=car, from_s=begins_h * HOUR, to_s=ends_h * HOUR, identifiable=True,
        online=True,
    )  # fmt: skip


def named(hour: float, car: str | None, confidence: float = 0.995) -> Named:
    return Named(hour * HOUR, "box-1", car, confidence)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_seed_gives_one_household_and_another_gives_another(profile: Profile) -> None:
    first = household(profile, 1, 5)
    assert list(first.stream()) == list(household(profile, 1, 5).stream())
    assert list(first.truth()) == list(household(profile, 1, 5).truth())
    assert list(first.stream()) != list(household(profile, 2, 5).stream())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_stream_is_in_order_and_tells_nothing_of_the_truth(profile: Profile, seed: int) -> None:
    made = household(profile, seed, 10)
    head, *rows = (json.loads(line) for line in made.stream())
    devices = {device["id"] for device in head["devices"]}
    assert all(r["seen"] <= s["seen"] for r, s in pairwise(rows))
    for row in rows:
        assert row["device"] in devices
        assert row.get("at", row["seen"]) <= row["seen"]
        told = set(row) - {"seen", "device", "at"}
        assert told <= READING if "command" not in row else told <= {"command", "value"}
    for one in made.plugs:
        assert one.charger in devices
        assert one.car is None or one.car in devices
        assert one.from_s < one.to_s <= 10 * 24 * HOUR
        assert one.car is not None or not one.identifiable


def test_the_other_generator_is_judged_alike() -> None:
    made = second("typical", 4, 10)
    assert list(made.stream()) == list(second("typical", 4, 10).stream())
    assert {p.charger for p in made.plugs} <= {d["id"] for d in made.header["devices"]}
    tally = judge(made, hearth(made, list(made.stream())).named)
    assert tally.own > 0
    assert tally.found / tally.own > 0.5


def test_one_car_is_on_one_cable_and_one_cable_in_one_charger() -> None:
    for seed in range(30, 36):
        plugs = household("hard", seed, 10).plugs
        for one in plugs:
            for other in plugs:
                same = one.charger == other.charger or (one.car and one.car == other.car)
                if one is not other and same:
                    assert one.to_s <= other.from_s or other.to_s <= one.from_s


def test_hearth_replays_what_the_command_line_writes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"".join(household("hard", 3, 3).stream()))
    assert replay(path, lenient=False) == 0
    assert b'"pair":' in capfdbinary.readouterr().out


def test_a_wrong_name_of_more_than_a_minute_is_false_and_a_guest_has_no_name() -> None:
    short = [named(1, "car-b"), named(1 + 50 / HOUR, "car-a"), named(3, None)]
    tally = judge(home(plugs=(plug(),)), short)
    assert (tally.false, tally.found, tally.known_found) == (0, 1, 1)
    assert tally.waits_s == pytest.approx([50])
    longer = [named(1, "car-b"), named(1.5, "car-a"), named(3, None)]
    tally = judge(home(plugs=(plug(),)), longer)
    assert (tally.false, tally.found) == (1, 1)
    assert (tally.false_s, tally.found_s) == (0.5 * HOUR, 1.5 * HOUR)
    assert [right for _, right in tally.stated] == [False, True]
    tally = judge(home(plugs=(plug(None),)), longer)
    assert (tally.false, tally.own, tally.guests) == (1, 0, 1)


def test_a_name_that_outlives_the_cable_is_a_lag_and_false_on_the_next_car() -> None:
    names = [named(1, "car-a"), named(4, None)]
    tally = judge(home(plugs=(plug(), plug("car-b", 3.5, 6))), names)
    assert tally.lags_s == [HOUR]
    assert (tally.false, tally.found, tally.own) == (1, 1, 2)


def test_short_sessions_are_not_asked_for() -> None:
    tally = judge(home(plugs=(plug(ends_h=1.3),)), [])
    assert (tally.plugs, tally.own) == (1, 0)


def test_the_status_rule_names_the_only_car_that_fits_and_no_one_of_two() -> None:
    start = (said(0, "box-1", isPluggedIn=False), said(1, "car-a", isPluggedIn=False))
    plugged = (said(10, "box-1", isPluggedIn=True), said(12, "car-a", isPluggedIn=True))
    end = (said(40, "box-1", isPluggedIn=False),)
    lone = list(status_rule(HEADER, [*start, *plugged, *end]))
    assert [(n.t_s, n.car) for n in lone] == [(750, "car-a"), (2400, None)]
    other = (said(2, "car-b", isPluggedIn=True),)
    both = [n.car for n in status_rule(HEADER, [*start, *other, *plugged, *end])]
    assert both == ["car-b", None]  # named before the right one was heard; then it sticks
    tied = (said(9, "car-a", isPluggedIn=True),)
    assert list(status_rule(HEADER, [*start, *other, *tied, *plugged, *end])) == []


def test_the_status_rule_believes_a_card_first() -> None:
    lines = [said(0, "box-1", isPluggedIn=True, idToken="CARD"), said(5, "box-1", chargeRate=1.0)]
    assert [n.car for n in status_rule(HEADER, lines)] == ["car-b"]


def test_the_point_table_wants_seven_tenths_and_a_lead() -> None:
    def lines(*more: Line) -> list[Line]:
        return [
            said(0, "box-1", isPluggedIn=False),
            said(8, "car-a", isPluggedIn=False, isCharging=False, latitude=50.0, longitude=4.0),
            *more,
            said(60, "box-1", isPluggedIn=False),
        ]

    plugs = said(10, "box-1", isPluggedIn=True, isCharging=True)
    tells = said(12, "car-a", isPluggedIn=True, isCharging=True)
    names = list(point_table(HEADER, lines(plugs, tells)))
    assert [(n.t_s, n.car) for n in names] == [(720, "car-a"), (3600, None)]  # 0.45 + 0.25 + 0.15
    late = said(40, "car-a", isPluggedIn=True, isCharging=True)
    assert list(point_table(HEADER, lines(plugs, late))) == []
    before = said(9, "car-a", isPluggedIn=True, isCharging=True)
    much_later = said(20, "box-1", isPluggedIn=True, isCharging=True)
    assert list(point_table(HEADER, lines(before, much_later))) == []


def test_a_higher_threshold_names_later_and_keeps_what_it_named() -> None:
    steps = [
        Step(0, "box-1", None, "car-a", 0.9),
        Step(10, "box-1", "car-a", "car-a", 0.992),
        Step(20, "box-1", "car-a", "car-a", 0.9996),
        Step(30, "box-1", "car-a", "car-a", 0.97),
        Step(40, "box-1", None, None, 0.0),
    ]
    for threshold, begins_s in ((0.8, 0), (0.95, 10), (0.99, 10), (0.999, 20)):
        names = [(n.t_s, n.car) for n in at_threshold(steps, threshold)]
        assert names == [(begins_s, "car-a"), (40, None)]


def test_an_interval_is_wider_the_fewer_and_the_more_unlike_the_houses_are() -> None:
    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    assert bootstrap([3.0] * 20, mean) == (3.0, 3.0)
    few, many = bootstrap([0.0, 10.0] * 4, mean), bootstrap([0.0, 10.0] * 100, mean)
    assert few[0] < many[0] < 5 < many[1] < few[1]


def test_what_is_left_out_is_left_out_of_cars_alone() -> None:
    made = home(
        said(0, "car-a", powerDeliveryState="PLUGGED_IN:CHARGING", batteryLevel=50),
        said(1, "box-1", powerDeliveryState="PLUGGED_IN:CHARGING", idToken="CARD"),
    )

    def rows(*fields: str) -> list[Any]:
        return [json.loads(line) for line in stripped(made, fields)]

    _, car, box = rows("isPluggedIn")
    assert "powerDeliveryState" not in car
    assert "isPluggedIn" not in car
    assert (car["isCharging"], car["batteryLevel"]) == (True, 50)
    assert box["powerDeliveryState"] == "PLUGGED_IN:CHARGING"
    head, car, box = rows("idToken")
    assert "idTokens" not in head
    assert "idToken" not in box
    assert car["powerDeliveryState"] == "PLUGGED_IN:CHARGING"


def test_three_methods_are_judged_on_the_same_plug_ins_and_plotted(tmp_path: Path) -> None:
    seeds, heard = range(40, 43), list[int]()
    judged = run("typical", seeds, Extent(days=5), done=lambda seed, _: heard.append(seed))
    document = judged.document()
    assert heard == list(seeds)
    methods = document["methods"]
    assert {m["plugIns"] for m in methods.values()} == {methods[OURS]["plugIns"]}
    assert set(methods) == {RULE, TABLE, OURS}
    assert methods[OURS]["recallAllPercent"]["value"] > methods[TABLE]["recallAllPercent"]["value"]
    at_99 = document["thresholds"]["0.99"]["recallAllPercent"]["value"]
    assert at_99 == pytest.approx(methods[OURS]["recallAllPercent"]["value"], abs=1)
    draw_all(json.loads(json.dumps({"typical": document})), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"reliability.svg", "threshold.svg", "minutes.svg"}


def test_a_plug_in_is_identifiable_with_a_tie_and_a_difference_to_every_other_car() -> None:
    def car(name: str) -> Car:
        return Car(name=name, capacity_kwh=60, ac_kw=11, phases=3)

    def flow(minute: float, kw: float, *, plugged: bool = True) -> Flow:
        return Flow(minute * 60, plugged, kw, 0.0, 16.0, "", 0)

    cars, box = [car("car-a"), car("car-b")], Charger(name="box-1", index=0)
    box.log += [flow(0, 0, plugged=False), flow(60, 11), flow(180, 0, plugged=False)]
    visit = Visit(number=0, car=cars[0], charger=box, from_s=HOUR, to_s=3 * HOUR)
    house = House(
        profile="typical", seed=0, timezone="UTC", starts_at=0, offset_h=0, lat=50, lon=4,
        cars=cars, chargers=[box],
    )  # fmt: skip

    def told(*lines: Line) -> bool:
        (marked,) = identifiable(house, [visit], lines, [replace(plug(), identifiable=False)])
        return marked.identifiable

    rises = (said(58, "car-a", isPluggedIn=False), said(63, "car-a", isPluggedIn=True))
    assert not told(*rises)
    assert told(*rises, said(70, "car-b", isPluggedIn=False))
    assert told(*rises, said(90, "car-b", isCharging=False))
    assert told(*rises, said(90, "car-b", latitude=50.2, longitude=4.0))
    assert not told(*rises, said(90, "car-b", isCharging=True, isPluggedIn=True))
    assert not told(*rises, said(190, "car-b", isPluggedIn=False))
    assert not told(said(63, "car-a", isPluggedIn=True), said(70, "car-b", isPluggedIn=False))
