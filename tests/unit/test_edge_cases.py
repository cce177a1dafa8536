"""Each awkward thing that people, cars and chargers do, as a stream of a few lines through
`hearth replay`. The story is told here; the lines are in tests/unit/data/streams.

What nobody could decide from such data must end as unknown, and say what would settle it.
"""

import json
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest

from agent import pairing
from agent.cli.replay import replay
from agent.model.pairs import PairingCar, PairStage
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import seen
from agent.pairing import merged
from tests.unit.pairing_world import START, World, at, settings

STREAMS = Path(__file__).parent / "data" / "streams"
Told = list[dict[str, Any]]
Stream = pytest.CaptureFixture[bytes]


def told(name: str, capfdbinary: Stream, path: Path | None = None) -> Told:
    """What a replay of the stream prints."""
    assert replay(path or STREAMS / f"{name}.jsonl", lenient=False) == 0
    return [json.loads(text) for text in capfdbinary.readouterr().out.splitlines()]


def named(rows: Told, charger: str = "box-1") -> list[str | None]:
    """Which cars were named one after the other on a charger."""
    cars = [r["pair"]["vehicleId"] for r in rows if _on(r, charger)]
    return [car for car, before in zip(cars, [None, *cars], strict=False) if car != before]


def at_the_end(rows: Told, charger: str = "box-1") -> dict[str, Any]:
    found: dict[str, Any] = [r["pair"] for r in rows if _on(r, charger)][-1]
    return found


def ends(rows: Told, charger: str = "box-1") -> str | None:
    car: str | None = at_the_end(rows, charger)["vehicleId"]
    return car


def _on(row: dict[str, Any], charger: str) -> bool:
    return bool(row.get("pair", {}).get("chargerId") == charger)


def actions(rows: Told) -> Told:
    return [r["action"] for r in rows if "action" in r]


def unknown(pair: dict[str, Any]) -> bool:
    """Nobody is named, and it says what would settle it."""
    return pair["vehicleId"] is None and bool(pair["settles"])


def test_two_identical_cars_within_one_minute_stay_unknown(capfdbinary: Stream) -> None:
    """Two like cars without positions are plugged in 30 s apart and tell of it every five minutes:
    from their data nobody can tell which is where."""
    rows = told("identical_cars_in_one_minute", capfdbinary)
    for charger in ("box-1", "box-2"):
        assert named(rows, charger) == []
        assert unknown(at_the_end(rows, charger))
        assert at_the_end(rows, charger)["runnerUp"] in ("car-a", "car-b")


def test_one_car_is_on_the_charger_that_does_what_it_does(capfdbinary: Stream) -> None:
    """Two cables are in within three minutes, one of them a guest's. Our car pauses when box-2
    does."""
    rows = told("two_chargers_one_car", capfdbinary)
    assert (ends(rows, "box-1"), ends(rows, "box-2")) == (None, "car-a")


def test_a_guest_on_our_charger_is_no_pair_and_commands_for_our_car_are_refused(
    capfdbinary: Stream,
) -> None:
    """Our car drives about; somebody else's hangs on the charger."""
    rows = told("guest_on_our_charger", capfdbinary)
    assert named(rows) == []
    (action,) = actions(rows)
    assert (action["state"], action["failureReason"]["type"]) == (
        "CANCELLED", "FAILED_PRECONDITION"
    )  # fmt: skip
    assert "not known to be plugged into one of your chargers" in action["failureReason"]["detail"]


def test_our_car_at_a_public_charger_is_not_the_guest_on_ours(capfdbinary: Stream) -> None:
    """Both plug in within minutes and take the same power; but our car is 11 km away."""
    rows = told("our_car_at_a_public_charger", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))


def test_our_car_without_gps_at_a_public_charger_does_not_stay_named(capfdbinary: Stream) -> None:
    """The same without a position: at first nothing tells the two apart; once our car stops and
    the charger does not, the name must go."""
    rows = told("our_car_without_gps_at_a_public_charger", capfdbinary)
    assert unknown(at_the_end(rows))


def test_a_car_that_sleeps_is_found_though_it_tells_twenty_minutes_later(
    capfdbinary: Stream,
) -> None:
    """Its last word before the plug is 20 minutes old, the next comes 20 minutes after it."""
    assert ends(told("car_asleep", capfdbinary)) == "car-a"


def test_a_charger_that_reboots_in_a_session_keeps_its_car(capfdbinary: Stream) -> None:
    """It is away for a minute and tells of its plug again."""
    rows = told("charger_reboots_in_a_session", capfdbinary)
    assert named(rows) == ["car-a"]
    assert ends(rows) == "car-a"


def test_a_charger_clock_ten_minutes_behind_does_no_harm(capfdbinary: Stream) -> None:
    """By the charger's clock its plug came before the car's last "unplugged"."""
    assert ends(told("charger_clock_ten_minutes_behind", capfdbinary)) == "car-a"


def test_what_an_offline_charger_tells_later_is_sorted_in(capfdbinary: Stream) -> None:
    """It was off the network since 16:01 and delivers a guest's session and ours in one go."""
    rows = told("offline_charger_tells_later", capfdbinary)
    assert ends(rows) == "car-a"
    assert {r["time"] for r in rows if "pair" in r} >= {"2026-06-01T17:34:00Z"}


def test_a_cable_passed_on_within_a_minute_is_another_car(capfdbinary: Stream) -> None:
    """Car a is unplugged and car b plugged in 40 s later."""
    rows = told("cable_passed_on_within_a_minute", capfdbinary)
    assert named(rows) == ["car-a", None, "car-b"]


def test_the_same_car_again_within_thirty_seconds_is_known_again(capfdbinary: Stream) -> None:
    """Out and in within 20 s, which the car does not even tell of."""
    rows = told("same_car_again_within_thirty_seconds", capfdbinary)
    assert named(rows) == ["car-a", None, "car-a"]


def test_a_car_that_claims_a_cable_it_has_not_is_not_named(capfdbinary: Stream) -> None:
    """Car a has said "plugged in" for hours; car b is the one that comes."""
    rows = told("car_reports_a_ghost_cable", capfdbinary)
    assert named(rows) == ["car-b"]


def test_a_one_phase_car_on_a_three_phase_charger_is_told_by_its_power(
    capfdbinary: Stream,
) -> None:
    """Two cars charge from the same minute on, one of them on a household's charger: 3.6 kW can
    only be the car with one phase."""
    rows = told("one_phase_car_on_a_three_phase_charger", capfdbinary)
    assert named(rows) == ["car-a"]


def test_a_current_that_follows_the_sun_tells_which_car_follows(capfdbinary: Stream) -> None:
    """Two cars on two chargers within a minute; one charger follows the sun, and so does one
    car."""
    rows = told("current_follows_the_sun", capfdbinary)
    assert (ends(rows, "box-1"), ends(rows, "box-2")) == ("car-a", "car-b")


def test_steps_that_both_chargers_make_tell_nothing(capfdbinary: Stream) -> None:
    """Load balancing halves both and frees both again: our own doing is no coincidence."""
    rows = told("load_balancing_moves_both", capfdbinary)
    for charger in ("box-1", "box-2"):
        assert named(rows, charger) == []
        assert unknown(at_the_end(rows, charger))


def test_a_car_that_slows_down_near_full_keeps_its_charger(capfdbinary: Stream) -> None:
    """From 88 to 96 % it takes less and less, and is done."""
    assert named(told("taper_near_full", capfdbinary)) == ["car-a"]


def test_a_car_at_home_on_a_household_socket_is_not_on_the_charger(capfdbinary: Stream) -> None:
    """It charges at 2 kW in the garage since 16:38; a guest takes 11 kW from the charger."""
    rows = told("at_home_on_a_household_socket", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))


def test_a_car_without_gps_is_found(capfdbinary: Stream) -> None:
    """Plug, stop and start agree to two minutes."""
    assert ends(told("car_without_gps", capfdbinary)) == "car-a"


def test_a_position_that_no_car_can_have_is_not_used(capfdbinary: Stream) -> None:
    """0/0 in the Atlantic, and 95 degrees north: a receiver without a fix."""
    assert ends(told("wrong_gps", capfdbinary)) == "car-a"


def test_a_car_that_says_it_is_far_away_is_rather_not_named(capfdbinary: Stream) -> None:
    """Plug and power fit, its position does not: that may be a public charger, or its receiver."""
    rows = told("gps_far_away_though_plugged_in_here", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))


def test_one_car_that_two_people_linked_is_neither_s_by_default(capfdbinary: Stream) -> None:
    """Anna's and Bert's app tell the same of what is one car."""
    rows = told("one_car_linked_to_two_people", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))
    assert at_the_end(rows)["runnerUp"] in ("car-anna", "car-bert")


def test_a_car_that_preheats_keeps_its_charger(capfdbinary: Stream) -> None:
    """4.5 kWh go in and its level does not rise."""
    assert ends(told("preheating_draws_power_without_charging", capfdbinary)) == "car-a"


def test_a_car_that_gives_power_back_is_found(capfdbinary: Stream) -> None:
    """Its level falls while it is plugged in."""
    assert ends(told("car_gives_power_back", capfdbinary)) == "car-a"


def test_where_pairs_only_inform_the_car_is_named_and_not_steered(capfdbinary: Stream) -> None:
    rows = told("observe_only", capfdbinary)
    assert ends(rows) == "car-a"
    (action,) = actions(rows)
    assert action["failureReason"]["type"] == "FAILED_PRECONDITION"


def test_of_three_cars_on_two_chargers_two_are_paired(capfdbinary: Stream) -> None:
    rows = told("three_cars_two_chargers", capfdbinary)
    assert (ends(rows, "box-1"), ends(rows, "box-2")) == ("car-a", "car-b")


def test_an_action_that_waits_when_the_cable_leaves_ends_with_the_charger_s_name(
    capfdbinary: Stream,
) -> None:
    """A STOP is carried out by the charger; the START after it meets a pulled cable."""
    rows = told("action_pending_when_the_cable_leaves", capfdbinary)
    last = actions(rows)[-1]
    assert (last["kind"], last["state"]) == ("START", "CANCELLED")
    assert last["failureReason"]["detail"] == "car-a was unplugged from box-1"
    assert ends(rows) is None


def test_a_start_with_cables_in_names_nobody(capfdbinary: Stream) -> None:
    """Hearth starts and finds a cable and two cars that say that they are plugged in."""
    rows = told("start_with_cables_in", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))


def test_after_a_start_with_cables_in_the_next_charge_settles_it(capfdbinary: Stream) -> None:
    rows = told("start_with_cables_in_until_one_begins_to_charge", capfdbinary)
    assert named(rows) == ["car-a"]


@pytest.mark.parametrize("name", sorted(path.stem for path in STREAMS.glob("*.jsonl")))
def test_every_stream_gives_the_same_again_and_never_looks_ahead(
    name: str, capfdbinary: Stream, tmp_path: Path
) -> None:
    rows = told(name, capfdbinary)
    assert told(name, capfdbinary) == rows
    lines = (STREAMS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    part = tmp_path / "part.jsonl"
    part.write_text("".join(lines[: len(lines) // 2 + 1]), encoding="utf-8")
    chargers = sum(1 for device in json.loads(lines[0])["devices"] if device["kind"] == "charger")
    half = told(name, capfdbinary, part)
    kept = len(half) - chargers  # after the last line each charger is told once more
    assert half[:kept] == rows[:kept]


# ---- what a stream cannot tell: the house itself changes -----------------------------------------


def at_home(world: World) -> World:
    world.unplug(0)
    world.car(0)
    world.car(9)
    world.plug(10)
    world.on(11)
    for minute in (15, 20, 25, 30):
        world.on(minute)
    assert world.on_charger() == "a"
    return world


def test_a_vehicle_that_is_deleted_while_paired_takes_its_pair_along() -> None:
    world = at_home(World(settings("a b")))
    world.memory = pairing.configure(world.memory, settings("b"))
    world.wait(31)
    assert world.on_charger() is None
    assert {pair.vehicle for pair in world.memory.pairs} == {"b"}
    world.on(32)  # the deleted car still speaks
    assert world.on_charger() is None


def test_a_charger_that_moves_to_another_household_takes_its_pair_along() -> None:
    """The config file without it takes a restart."""
    world = at_home(World(settings("a", "box pole")))
    kept = orjson.loads(orjson.dumps(world.memory.to_json(at(30))))
    left = settings("a", "pole")
    world.memory = pairing.Memory.from_json(kept, left, at(31), same_boot=True)
    world.wait(31)
    assert world.on_charger() is None
    assert "box" not in {pair.charger for pair in world.memory.pairs}
    world.plug(32)  # the charger that left still speaks
    assert not world.memory.beliefs


def test_a_vehicle_whose_source_estimates_its_power_keeps_it_while_paired() -> None:
    now = at(0)
    car = VehicleReading(
        device=DeviceId("a"), at=START, mono_s=now.mono_s, charging=True, power_w=10_000.0,
        power_delivery=PowerDelivery.CHARGING,
    )  # fmt: skip
    box = ChargerReading(
        device=DeviceId("box"), at=START, mono_s=now.mono_s, power_w=11_000.0,
        power_delivery=PowerDelivery.CHARGING,
    )  # fmt: skip
    for source, power_w in (("estimate", 10_000.0), ("charger", 11_000.0)):
        who = PairingCar(id=DeviceId("a"), charge_rate_source=source)  # type: ignore[arg-type]
        assert merged(seen(car), seen(box), who, now.mono_s).power_w == power_w


def test_three_cars_and_two_chargers_are_six_established_pairs_and_at_most_two_activated() -> None:
    world = World(settings("a b c", "box pole"))
    for charger in ("box", "pole"):
        world.unplug(0, charger)
    for minute, car in product((0, 9), "abc"):
        world.car(minute, car)
    world.plug(10, "box")
    world.plug(10.5, "pole")
    for minute in (11, 16, 21, 26, 31):
        for car in "abc":
            world.on(minute, car)
    assert len(world.memory.pairs) == 6
    active = [pair for pair in world.memory.pairs if pair.stage is PairStage.ACTIVATED]
    assert len(active) <= 2
    assert len({pair.vehicle for pair in active}) == len(active)
