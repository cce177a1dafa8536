"""What is drawn at random can be drawn again."""

import pytest

from tests.seeds import drawn


def test_what_was_said_when_a_test_failed_is_drawn_again() -> None:
    assert drawn({"HEARTH_SEED": "4071362"}) == 4071362


def test_unless_one_is_asked_for_each_run_draws_another() -> None:
    assert len({drawn({}) for _ in range(20)}) > 1


@pytest.mark.parametrize("text", ["", "-1", "1.5", "seed", "4294967296"])
def test_what_is_no_seed_is_refused_by_name(text: str) -> None:
    with pytest.raises(pytest.UsageError, match=r"HEARTH_SEED is .*: it takes a whole number"):
        drawn({"HEARTH_SEED": text})


def test_a_test_that_fails_says_how_to_draw_the_same_again(
    seed: int, request: pytest.FixtureRequest
) -> None:
    assert [words for *_, words in request.node._report_sections] == [
        f"HEARTH_SEED={seed} draws the same again"
    ]
