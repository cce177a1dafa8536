from datetime import UTC, datetime

import pytest

from agent.bridges import wire


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (None, 0, None),
        (float("nan"), 1, None),
        (float("-inf"), 0, None),
        (1234.5678, 0, 1235),
        (1234.5678, 2, 1234.57),
        (-0.4, 0, 0),
        (-0.04, 1, 0.0),
    ],
)
def test_numbers_are_rounded_and_nonsense_is_unknown(
    value: float | None, digits: int, shown: float | None
) -> None:
    made = wire.number(value, digits)
    assert made == shown
    assert not str(made).startswith("-0")


def test_energy_is_shown_in_kwh_at_one_wh() -> None:
    assert wire.kwh(1_234_567.8) == 1234.568
    assert wire.kwh(None) is None


def test_an_instant_has_its_offset() -> None:
    assert wire.instant(datetime(2026, 6, 1, 12, tzinfo=UTC)) == "2026-06-01T12:00:00+00:00"
    assert wire.instant(None) is None


def test_a_long_text_is_cut_to_what_a_state_holds() -> None:
    assert wire.short_text("x" * 255) == "x" * 255
    assert wire.short_text("x" * 256) == "x" * 254 + "…"
    assert wire.short_text(None) is None
