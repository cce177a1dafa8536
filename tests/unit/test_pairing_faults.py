"""What devices tell wrongly or not at all, and that it does not keep the right car from its name.

Streams of a few lines through `hearth replay`, as in test_edge_cases.
"""

import pytest

from agent.model.readings import DeviceId
from agent.pairing.evidence.charging import RATE_FAR
from tests.unit.pairing_world import HOME, World, came_home
from tests.unit.test_edge_cases import Stream, at_the_end, ends, named, told


def says(pair: dict[str, object]) -> set[str]:
    """The kinds of evidence that were told."""
    evidence: list[dict[str, str]] = pair["evidence"]  # type: ignore[assignment]
    return {item["kind"] for item in evidence}


def sentence(pair: dict[str, object], kind: str) -> str:
    """What was said of one kind of evidence."""
    evidence: list[dict[str, str]] = pair["evidence"]  # type: ignore[assignment]
    return next(item["says"] for item in evidence if item["kind"] == kind)


def test_a_car_that_charges_is_plugged_in_whatever_its_flag_says(capfdbinary: Stream) -> None:
    """The flag of the car never rises, while in the same breath it says that it charges: from the
    minute in which the charger began to the one in which it ended."""
    assert ends(told("flag_never_rises_though_it_charges", capfdbinary)) == "car-a"


def test_a_car_that_drives_is_not_plugged_in_whatever_its_flag_says(capfdbinary: Stream) -> None:
    """Its flag was up all day, also on a drive of 11 km; it comes home and charges when the
    charger does."""
    assert ends(told("flag_hangs_while_it_drives", capfdbinary)) == "car-a"


def test_a_charge_that_begins_and_ends_between_two_words_of_the_car_is_not_denied_by_them(
    capfdbinary: Stream,
) -> None:
    """Six minutes from nearly full to full; the car spoke 9 minutes before them and a minute
    after them, and does not charge either time."""
    rows = told("charge_between_two_words_of_the_car", capfdbinary)
    assert ends(rows) == "car-a"
    assert "state" not in says(at_the_end(rows))


def test_a_charger_that_was_away_the_night_before_names_the_minute_of_the_plug(
    capfdbinary: Stream,
) -> None:
    """On its return it told that it was free."""
    assert ends(told("charger_was_away_the_night_before", capfdbinary)) == "car-a"


def test_a_charger_that_kept_its_messages_names_the_minute_of_the_plug(capfdbinary: Stream) -> None:
    """It was off the network at the plug, and sends what it wrote then 18 minutes later."""
    assert ends(told("plug_told_after_an_outage", capfdbinary)) == "car-a"


def test_a_charger_that_tells_no_energy_denies_no_car_that_fills(capfdbinary: Stream) -> None:
    """It tells starts and stops alone; that it told nothing of energy is not 0 kWh."""
    rows = told("charger_without_a_meter", capfdbinary)
    assert named(rows) == ["car-a", None, "car-a"]
    assert "energy" not in says(at_the_end(rows))


def test_what_a_car_tells_in_one_second_is_one_word(capfdbinary: Stream) -> None:
    """It tells each value in a message of its own; the plug was anywhere since its last words, and
    not between two of these messages."""
    rows = told("plug_told_in_a_burst", capfdbinary)
    assert ends(rows) == "car-a"
    assert "between 11:33:05 and 11:34:05;" in sentence(at_the_end(rows), "plug-in")


def test_an_absence_that_was_over_before_the_unplug_hides_no_plug(capfdbinary: Stream) -> None:
    """The charger was away for a minute; two minutes later car a leaves, and car b comes."""
    rows = told("charger_was_away_before_an_unplug", capfdbinary)
    assert named(rows) == ["car-a", None, "car-b"]
    assert "carried" not in says(at_the_end(rows))


def test_what_a_charger_kept_of_its_counter_is_weighed_as_it_comes(capfdbinary: Stream) -> None:
    """Back on the network it says first how it stands now, and then what it counted meanwhile."""
    rows = told("counter_told_after_an_outage", capfdbinary)
    assert ends(rows) == "car-a"
    assert "the charger gave 9.3 kWh; car-a rose by 14 %" in sentence(at_the_end(rows), "energy")


def items(world: World) -> dict[str, float]:
    """Points of what speaks for and against the car on the charger."""
    found = world.memory.held[DeviceId("box")].items[DeviceId("a")]
    return {item.says: item.points for item in found}


def both_charge(car_w: float, charger_w: float) -> World:
    """Plugged in within the same minutes; each steadily says a power for an hour."""
    world = World()
    came_home(world)
    for minutes in range(15, 90, 5):
        world.hear(minutes, "box", plugged_in=True, charging=True, power_w=charger_w)
        world.on(minutes + 1, power_w=car_w)
    return world


def test_a_car_that_takes_more_than_the_charger_gives_is_told_by_its_power() -> None:
    assert items(both_charge(10_000.0, 3600.0))["other-rate"] == RATE_FAR


@pytest.mark.parametrize(("car_w", "charger_w"), [(3300.0, 3600.0), (10_000.0, 11_000.0)])
def test_losses_between_charger_and_car_are_the_same_power(car_w: float, charger_w: float) -> None:
    assert items(both_charge(car_w, charger_w))["same-rate"] > 0


def test_one_phase_of_three_is_not_held_against_a_car() -> None:
    assert "other-rate" not in items(both_charge(3400.0, 11_000.0))


def test_a_car_without_a_flag_that_charges_does_not_drive_though_its_positions_are_old() -> None:
    """Its receiver tells of two places on the way home long after it has begun to charge here."""
    world = World()
    world.unplug(0)
    world.hear(3, "a", charging=False, latitude_deg=50.9, longitude_deg=4.35)
    world.plug(6.5)
    for minutes, latitude_deg in ((9, HOME[0]), (14, 50.9), (19, 50.87), (24, HOME[0])):
        world.hear(minutes, "a", charging=True, latitude_deg=latitude_deg, longitude_deg=HOME[1])
    assert "drives" not in items(world)
