"""What devices tell wrongly or not at all, and that it does not keep the right car from its name.

Streams of a few lines through `hearth replay`, as in test_edge_cases.
"""

from tests.unit.test_edge_cases import Stream, at_the_end, ends, named, told


def says(pair: dict[str, object]) -> set[str]:
    """The kinds of evidence that were told."""
    evidence: list[dict[str, str]] = pair["evidence"]  # type: ignore[assignment]
    return {item["kind"] for item in evidence}


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
