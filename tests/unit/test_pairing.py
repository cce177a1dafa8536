"""Which car hangs on which charger, as a household would tell it."""

from typing import Any

import pytest

from agent import pairing
from agent.model.pairs import (
    LockedBy,
    PairingCar,
    PairingCharger,
    PairingMode,
    PairingSettings,
    PairStage,
)
from agent.model.readings import DeviceId
from tests.unit.pairing_world import HOME, World, at, came_home, settings

BOX, A, B = DeviceId("box"), DeviceId("a"), DeviceId("b")


def test_a_car_that_was_plugged_in_when_the_charger_saw_a_plug_is_named_with_the_reason() -> None:
    world = World()
    came_home(world)
    belief = world.memory.beliefs[BOX]
    assert belief.vehicle == "a"
    assert belief.confidence >= 0.99
    assert belief.evidence[0].kind == "plug-in"
    assert belief.evidence[0].says == (
        "a was plugged in between 15:05:00 and 15:10:00; the charger saw a plug at 15:06:30"
    )


def test_every_car_with_every_charger_is_established_without_any_plug() -> None:
    world = World(settings("a b c", "box pole"))
    world.wait(1)
    pairs = world.memory.pairs
    assert len(pairs) == 6
    assert {pair.stage for pair in pairs} == {PairStage.ESTABLISHED}
    assert len({pair.id for pair in pairs}) == 6


def test_a_pair_is_activated_and_ends_at_once_with_the_plug() -> None:
    world = World()
    came_home(world)
    pair = world.memory.pairs[0]
    assert pair.stage is PairStage.ACTIVATED
    assert pair.activated_at == at(10).at
    world.unplug(40)
    pair = world.memory.pairs[0]
    assert pair.stage is PairStage.ESTABLISHED
    assert pair.deactivated_at == at(40).at
    assert [(minutes, belief.vehicle) for minutes, belief in world.told] == [(10, "a"), (40, None)]
    assert world.memory.beliefs == {}


def test_one_car_and_one_charger_are_no_pair_without_anything_that_ties_them() -> None:
    world = World()
    world.unplug(0)
    world.hear(1, "a", soc_percent=50.0, latitude_deg=HOME[0], longitude_deg=HOME[1])
    world.plug(6.5)
    for minute in range(8, 200, 4):
        world.hear(minute, "a", soc_percent=50.0, latitude_deg=HOME[0], longitude_deg=HOME[1])
    assert world.on_charger() is None


def test_a_guest_on_our_charger_is_no_car_of_ours() -> None:
    world = World()
    world.unplug(0)
    for minute in (0.5, 5.0):
        world.car(minute)
    world.plug(6.5)
    for minute in range(10, 120, 5):
        world.car(minute)
    belief = world.memory.beliefs[BOX]
    assert belief.vehicle is None
    assert belief.confidence > 0.95
    assert world.told == []


def test_our_car_at_a_public_charger_is_not_the_guest_who_came_at_the_same_time() -> None:
    world = World()
    world.unplug(0)
    far: Any = {"latitude_deg": HOME[0] + 0.2, "longitude_deg": HOME[1], "accuracy_m": 10.0}
    world.car(0.5, **far)
    world.car(5, **far)
    world.plug(6.5)
    for minute in range(10, 120, 5):
        world.on(minute, power_w=10_400.0, **far)
    assert world.told == []


def test_two_cars_plugged_in_within_one_interval_stay_unknown_until_something_tells_them_apart(
) -> None:  # fmt: skip
    world = World(settings("a b", "box pole"))
    for charger in ("box", "pole"):
        world.unplug(0, charger)
    for minute in (0.5, 5.0):
        world.car(minute, "a")
        world.car(minute + 0.1, "b")
    world.plug(6.4, "box")
    world.plug(6.7, "pole")
    for minute in (10.0, 15.0, 20.0, 30.0, 60.0):
        world.on(minute, "a")
        world.on(minute + 0.1, "b")
    assert world.told == []
    world.hear(90, "pole", charging=False, power_w=0.0)
    world.hear(90.1, "box", charging=True, power_w=11_000.0)
    for minute in (95.0, 100.0, 110.0):
        world.on(minute, "a")
        world.hear(minute + 0.1, "b", plugged_in=True, charging=False)
        world.hear(minute + 0.2, "box", power_w=11_000.0)
    assert world.on_charger("pole") == "b"
    assert world.on_charger("box") == "a"


def test_one_car_is_never_on_two_chargers() -> None:
    world = World(settings("a", "box pole"))
    for charger in ("box", "pole"):
        world.unplug(0, charger)
    world.car(0.5)
    world.car(5)
    world.plug(6.4, "box")
    world.plug(6.7, "pole")
    for minute in range(10, 120, 5):
        world.on(minute)
    assert world.told == []


def test_a_silent_car_that_may_be_at_home_holds_a_name_back_for_a_while() -> None:
    world = World(settings("a b"))
    world.unplug(0)
    world.car(0.2, "b")
    world.car(0.5, "a")
    world.car(5, "a")
    world.plug(6.5)
    world.hear(10, "a", plugged_in=True)
    assert world.on_charger() is None
    assert world.due_mono_s is not None
    world.wait(27)
    assert world.on_charger() == "a"


def test_a_car_that_tells_of_its_plug_ten_minutes_late_is_found_when_both_stop() -> None:
    world = World()
    world.unplug(0)
    world.car(0.5)
    world.car(5)
    world.plug(6.5)
    world.car(10)
    world.car(15)
    world.on(18)
    for minute in range(23, 90, 5):
        world.on(minute, power_w=10_000.0)
    assert world.on_charger() is None
    world.hear(89, "box", charging=False, power_w=0.0)
    world.hear(93, "a", plugged_in=True, charging=False)
    assert world.on_charger() == "a"


def test_a_chargers_clock_that_is_wrong_by_ten_minutes_does_no_harm() -> None:
    world = World()
    for minute in (0.0, 1.0, 2.0):
        world.hear(minute, "box", late=10, plugged_in=False, charging=False)
    world.car(2.5)
    world.car(5)
    world.hear(6.5, "box", late=10, plugged_in=True, charging=True, power_w=11_000.0)
    world.on(10)
    assert world.on_charger() == "a"
    assert "15:06:30" in world.memory.beliefs[BOX].evidence[0].says


def test_old_messages_that_an_offline_charger_sends_later_do_not_end_a_pair() -> None:
    world = World()
    came_home(world)
    world.hear(30, "box", late=28, plugged_in=False, charging=False)
    assert world.on_charger() == "a"


def test_an_unplug_that_is_told_late_ends_the_pair_and_begins_another_session() -> None:
    world = World()
    came_home(world)
    world.car(60)
    world.car(65)
    world.hear(66, "box", plugged_in=True, charging=True, power_w=7000.0)
    world.hear(66.1, "box", late=8, plugged_in=False, charging=False)
    assert world.on_charger() is None


def test_a_car_that_says_it_is_unplugged_ends_the_pair_of_a_charger_that_is_offline() -> None:
    world = World()
    came_home(world)
    world.hear(20, "box", reachable=False)
    world.car(40)
    assert world.on_charger() is None


def test_a_charger_that_starts_anew_in_a_session_keeps_its_car() -> None:
    world = World()
    came_home(world)
    world.on(25)
    world.hear(30, "box", reachable=False)
    world.hear(31, "box", reachable=True)
    world.unplug(31.1)
    assert world.on_charger() is None
    world.hear(31.2, "box", plugged_in=True, charging=True, power_w=11_000.0)
    world.on(35)
    world.on(40)
    assert world.on_charger() == "a"


def test_a_cable_that_is_passed_on_within_a_minute_is_another_session() -> None:
    world = World(settings("a b"))
    came_home(world)
    world.car(1 + 10, "b")
    world.car(29, "b")
    world.on(29.5)
    world.unplug(30)
    world.plug(30.7)
    world.car(34)
    world.on(34.1, "b")
    assert world.on_charger() == "b"


def test_the_same_car_plugged_in_again_within_seconds_is_known_again() -> None:
    world = World()
    came_home(world)
    world.on(29)
    world.unplug(30)
    world.plug(30.3)
    world.on(33)
    world.on(38)
    assert world.on_charger() == "a"


def test_a_car_that_claims_a_cable_for_ever_is_not_the_one_that_comes() -> None:
    world = World()
    world.unplug(0)
    for minute in range(1, 60, 5):
        world.hear(minute, "a", plugged_in=True, charging=False)
    world.plug(61)
    for minute in range(63, 120, 5):
        world.hear(minute, "a", plugged_in=True, charging=False)
    assert world.told == []


def test_a_car_on_a_household_socket_is_not_on_the_charger() -> None:
    world = World()
    here: Any = {"latitude_deg": HOME[0], "longitude_deg": HOME[1]}
    world.unplug(0)
    world.car(1, **here)
    world.on(20, power_w=2000.0, **here)
    for minute in range(25, 100, 5):
        world.on(minute, power_w=2000.0, **here)
    world.plug(101)
    for minute in range(105, 200, 5):
        world.on(minute, power_w=2000.0, **here)
    assert world.told == []


def test_a_card_that_belongs_to_a_car_names_it_and_that_of_another_car_does_not() -> None:
    cars = (
        PairingCar(id=A, id_tokens=frozenset({"04 A1 B2"})),
        PairingCar(id=B, id_tokens=frozenset({"VID:00-11-22-33-44-55"})),
    )
    world = World(PairingSettings(cars=cars, chargers=(PairingCharger(id=BOX),)))
    world.unplug(0)
    world.plug(5, id_token="VID:001122334455")  # noqa: S106
    world.wait(26)
    assert world.on_charger() == "b"
    world.unplug(30)
    world.plug(40, id_token="04a1b2")  # noqa: S106
    world.wait(61)
    assert world.on_charger() == "a"


def test_cars_that_follow_no_start_or_stop_of_the_charger_are_not_named() -> None:
    world = World()
    world.unplug(0)
    world.car(0.5)
    world.car(5)
    world.plug(6.5)
    world.hear(10, "a", plugged_in=True, charging=False)
    named = world.on_charger()
    for minute in range(15, 180, 5):
        world.hear(minute, "a", plugged_in=True, charging=False)
        world.hear(minute + 0.1, "box", charging=True, power_w=11_000.0)
    assert named == "a"  # the plug alone spoke for it
    assert world.on_charger() is None


def test_a_person_goes_before_all_evidence_for_this_session_only() -> None:
    world = World(settings("a b"))
    came_home(world)
    world.memory = pairing.correct(world.memory, BOX, B, guest=False, now=at(12))
    world.wait(12)
    belief = world.memory.beliefs[BOX]
    assert (belief.vehicle, belief.confidence, belief.locked_by) == ("b", 0.9999, LockedBy.MANUAL)
    world.unplug(30)
    came_home(world, start=60)
    world.wait(87)
    assert world.memory.beliefs[BOX].vehicle == "a"
    assert world.memory.beliefs[BOX].locked_by is LockedBy.HEURISTIC


def test_a_person_can_say_guest_and_take_it_back() -> None:
    world = World()
    came_home(world)
    world.memory = pairing.correct(world.memory, BOX, None, guest=True, now=at(12))
    world.wait(12)
    assert world.on_charger() is None
    world.memory = pairing.correct(world.memory, BOX, None, guest=False, now=at(13))
    world.wait(13)
    assert world.on_charger() == "a"


def test_a_person_can_rule_out_the_car_that_was_named() -> None:
    world = World()
    came_home(world)
    world.memory = pairing.correct(world.memory, BOX, None, guest=False, now=at(12))
    for minute in range(12, 60, 5):
        world.on(minute)
    assert world.on_charger() is None


def test_a_pin_holds_over_sessions_until_it_is_taken_away() -> None:
    world = World(settings("a b"))
    world.memory = pairing.pin(world.memory, BOX, B, at(0))
    world.unplug(0)
    world.plug(5)
    assert world.on_charger() == "b"
    world.unplug(10)
    world.plug(15)
    assert world.on_charger() == "b"
    world.memory = pairing.pin(world.memory, BOX, None, at(16))
    world.wait(16)
    assert world.on_charger() is None


def test_a_car_can_be_pinned_to_one_charger_only() -> None:
    world = World(settings("a", "box pole"))
    world.memory = pairing.pin(world.memory, BOX, A, at(0))
    world.memory = pairing.pin(world.memory, DeviceId("pole"), A, at(0))
    assert dict(world.memory.pins) == {"pole": "a"}
    with pytest.raises(KeyError):
        pairing.pin(world.memory, BOX, DeviceId("nobody"), at(0))


def test_a_car_that_is_removed_while_paired_loses_its_pair_and_the_others_keep_theirs() -> None:
    world = World(settings("a b", "box pole"))
    came_home(world, "a", "box")
    came_home(world, "b", "pole", start=60)
    assert (world.on_charger("box"), world.on_charger("pole")) == ("a", "b")
    world.memory = pairing.configure(world.memory, settings("b", "box pole"))
    world.wait(75)
    assert (world.on_charger("box"), world.on_charger("pole")) == (None, "b")
    assert {pair.vehicle for pair in world.memory.pairs} == {"b"}


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_short_restart_changes_nothing(same_boot: bool) -> None:  # noqa: FBT001
    world = World()
    came_home(world)
    before = world.memory.beliefs[BOX]
    world.restart(11, same_boot=same_boot)
    done = pairing.step((), world.memory, world.clock(11, same_boot=same_boot))
    after = done.beliefs[BOX]
    assert (after.vehicle, after.since) == ("a", before.since)
    assert [e.says for e in after.evidence] == [e.says for e in before.evidence]


def test_after_a_long_silence_of_ours_the_pair_stands_on_little_and_falls_easily() -> None:
    world = World()
    came_home(world)
    world.restart(90)
    world.wait(90)
    assert world.on_charger() == "a"
    world.car(95)
    world.wait(106)
    assert world.on_charger() is None


def test_a_start_with_a_cable_in_names_nobody_until_something_happens() -> None:
    world = World()
    world.hear(0, "box", plugged_in=True, charging=True, power_w=11_000.0, energy_wh=0.0)
    world.on(1)
    world.on(6)
    assert world.on_charger() is None
    world.hear(40, "box", charging=False, power_w=0.0)
    world.on(39 + 1.2)
    world.hear(42, "a", plugged_in=True, charging=False)
    world.hear(80, "box", charging=True, power_w=11_000.0)
    world.hear(79 + 1.2, "a", plugged_in=True, charging=False)
    world.on(82)
    world.on(90)
    assert world.on_charger() == "a"


def test_pairing_that_is_off_holds_nothing() -> None:
    world = World(settings(mode=PairingMode.OFF))
    came_home(world)
    assert world.memory.beliefs == {}
    assert world.memory.pairs == ()


def test_observe_only_names_the_car_and_routes_nothing() -> None:
    world = World(settings(mode=PairingMode.OBSERVE_ONLY))
    came_home(world)
    assert world.on_charger() == "a"
    assert pairing.route(A, world.memory.pairs, PairingMode.OBSERVE_ONLY) is None
    assert pairing.route(A, world.memory.pairs, PairingMode.FULL) == "box"


def test_what_cannot_be_true_is_left_out() -> None:
    world = World()
    came_home(world)
    absurd: Any = {"soc_percent": 140.0, "latitude_deg": 0.0, "longitude_deg": 0.0, "power_w": 9e9}
    world.on(15, **absurd)
    world.hear(16, "box", late=-600, power_w=float("nan"), energy_wh=float("inf"))
    world.hear(17, "nobody", plugged_in=True)
    assert world.on_charger() == "a"
