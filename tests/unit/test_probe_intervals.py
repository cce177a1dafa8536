"""How often a car speaks, from its last words."""

from agent.plan.intervals import KEPT, Word, Words, heard, interval_s


def words(*instants_s: float, late_s: float = 0.0) -> Words:
    known: Words = ()
    for at_s in instants_s:
        known = heard(known, Word(at_s, at_s + late_s))
    return known


def test_the_longest_of_the_last_gaps_and_how_late_words_come_add_up() -> None:
    assert interval_s(words(0, 100, 350, 400), 410) == 250
    assert interval_s(words(0, 100, 350, 400, late_s=60), 470) == 310


def test_a_car_that_has_been_silent_for_longer_now_is_expected_to_stay_so() -> None:
    assert interval_s(words(0, 100, 200), 900) == 700


def test_two_words_are_not_enough() -> None:
    assert interval_s(words(0, 100), 110) is None
    assert interval_s((), 110) is None


def test_the_same_told_again_is_no_word() -> None:
    once = words(0, 100)
    assert heard(once, Word(100, 160)) is once
    assert heard(once, Word(40, 170)) is once


def test_sleep_begins_it_anew_and_little_is_kept() -> None:
    assert words(0, 100, 200, 20_000) == words(20_000)
    assert len(words(*range(0, 5000, 50))) == KEPT
