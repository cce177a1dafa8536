"""`make check` takes a share of the random examples, pytest by hand and `make test` all of them."""

import pytest
from hypothesis import settings

from tests.examples import ALL, QUICK, examples


def test_make_check_takes_a_quarter() -> None:
    assert settings.get_profile("hearth").max_examples == ALL
    assert settings.get_profile(QUICK).max_examples == ALL // 4


def test_a_property_gets_the_share_of_its_own_number() -> None:
    assert examples(60).max_examples == 60 * settings().max_examples // ALL


@pytest.mark.parametrize("count", [1, 5])
def test_few_examples_stay_as_they_are(count: int) -> None:
    assert examples(count).max_examples == count


def test_what_else_a_property_asks_for_is_kept() -> None:
    asked = examples(40, stateful_step_count=7)
    assert (asked.stateful_step_count, asked.deadline) == (7, None)
