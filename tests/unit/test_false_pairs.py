"""What looked like a pair and was none, each as a stream of a few lines through `hearth replay`."""

import pytest

from agent.pairing.clocks import ahead, fast_s
from tests.unit.test_edge_cases import Stream, at_the_end, ends, named, told, unknown


def test_a_card_alone_does_not_name_a_car_that_may_be_elsewhere(capfdbinary: Stream) -> None:
    """A guest is let in with the card of car a, which was last heard two days ago."""
    rows = told("card_lent_to_a_guest", capfdbinary)
    assert named(rows) == []
    assert unknown(at_the_end(rows))


def test_a_car_that_goes_while_its_charger_is_offline_is_no_longer_named(
    capfdbinary: Stream,
) -> None:
    """Card, plug and stop spoke for car a; the charger goes offline and keeps no queue, car a says
    that it is unplugged, and car b is plugged in. Nobody hangs there as car a from then on."""
    rows = told("swap_while_the_charger_is_offline", capfdbinary)
    assert named(rows)[:2] == ["car-a", None]
    assert ends(rows) != "car-a"
    times = [r["time"] for r in rows if r.get("pair", {}).get("chargerId") == "box-1"]
    assert times[1] == "2026-06-01T20:05:00Z"


def test_a_single_word_from_the_future_ties_no_car_to_a_charger(capfdbinary: Stream) -> None:
    """Who stamps ten minutes ahead may have said it of any time; nobody knows how old it is."""
    assert named(told("one_word_from_the_future", capfdbinary)) == []


def test_a_source_whose_clock_is_known_to_be_fast_is_understood(capfdbinary: Stream) -> None:
    """Each word comes from ten minutes ahead: that is how its clock stands."""
    assert ends(told("source_whose_clock_is_fast", capfdbinary)) == "car-a"


def test_a_charger_that_tells_only_changes_goes_on_counting(capfdbinary: Stream) -> None:
    """It said 11 kW once; the level of the car rises as that gives."""
    rows = told("charger_that_tells_only_changes", capfdbinary)
    assert ends(rows) == "car-a"
    assert all(e["points"] > 0 for e in at_the_end(rows)["evidence"] if e["kind"] == "energy")


@pytest.mark.parametrize(
    ("late_s", "fast"),
    [
        ((0.0, 300.0, -5.0), 0.0),
        ((-600.0,), None),
        ((-600.0, -400.0, -590.0), 590.0),
        ((-600.0, -400.0, -590.0, 100.0), 590.0),
        ((-600.0, -400.0, -590.0, *(0.0,) * 8), 0.0),
        ((-1e8, 0.0), 0.0),
    ],
)
def test_how_far_a_clock_is_ahead_is_what_several_lines_show(
    late_s: tuple[float, ...], fast: float | None
) -> None:
    lines: tuple[float, ...] = ()
    for each in late_s:
        lines = ahead(lines, each)
    assert fast_s(lines) == fast
