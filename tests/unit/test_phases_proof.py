"""What counts as the same command, and what proves one, where phases are told."""

from dataclasses import replace
from typing import Any

import pytest

from agent.ledger.delivery import same_command
from agent.ledger.proof import shows
from agent.model.clock import Now
from agent.model.readings import PowerDelivery, Reading
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from tests.unit.house import GARAGE, NOON, charger, charging

WHY = Reason(code=ReasonCode.SURPLUS, sentence="the sun shines")
ONE = ChargerTarget(
    device=GARAGE, charging=True, max_current_a=10.0, phases=1, owner=Owner.DEFAULT, reason=WHY
)
ALL, PAUSE = replace(ONE, phases=3), replace(ONE, charging=False, max_current_a=0.0)


def after(*said: tuple[float, dict[str, Any]]) -> Seen[Reading]:
    """A charger that charged on three phases, and what it said so many seconds later."""
    seen: Seen[Reading] | None = fold(None, replace(charging(10.0), phases=3))
    for seconds, fields in said:
        now: Now = NOON.later(seconds)
        seen = fold(seen, charger(now, PowerDelivery.CHARGING, **fields))
    assert seen is not None
    return seen


def told(phases: int) -> dict[str, Any]:
    return {"accepted_current_a": 10.0, "phases_told": phases}


def test_another_number_of_phases_is_another_command() -> None:
    assert same_command(ONE, replace(ONE, owner=Owner.MANUAL))
    assert not same_command(ONE, ALL)
    assert not same_command(ONE, replace(ONE, phases=None))


@pytest.mark.parametrize(
    ("said", "proven"),
    [
        ([], False),
        ([(1.0, {"accepted_current_a": 10.0})], False),
        ([(1.0, told(3))], False),
        ([(1.0, told(1))], True),  # the count is older
        ([(1.0, told(1)), (20.0, {"phases": 1})], True),
        ([(1.0, told(1)), (20.0, {"phases": 3})], False),
    ],
)
def test_one_phase_is_proven_by_its_word_and_its_currents(
    said: list[tuple[float, dict[str, Any]]], *, proven: bool
) -> None:
    assert shows(ONE, after(*said), NOON.mono_s) is proven


def test_a_car_may_use_fewer_phases_than_it_is_offered() -> None:
    assert shows(ALL, after((1.0, told(3)), (20.0, {"phases": 1})))


def test_a_pause_that_comes_with_other_phases_is_shown_when_these_are_told() -> None:
    stopped = charger(NOON.later(2.0), PowerDelivery.STOPPED)
    assert not shows(PAUSE, fold(after(), stopped))
    assert shows(PAUSE, fold(after((1.0, told(1))), stopped))
    assert shows(replace(PAUSE, phases=None), fold(after(), stopped))
