"""Hearth without one kind of evidence."""

from typing import Any

from agent.bridges.streams import Stream
from benchmarks.pairing.ablation import EDITS, JOINT, NOTHING, stepped, without_each
from benchmarks.pairing.household import household
from benchmarks.pairing.ours import hearth
from benchmarks.pairing.scoring import Named, judge


def test_each_kind_of_evidence_is_taken_away_and_nothing_else() -> None:
    made = household("hard", 2, 8)
    named = dict(without_each(made))
    assert len(named) == 1 + 7 + len(EDITS) + 2
    replayed = judge(made, hearth(made, list(made.stream())).named)
    alone = judge(made, named["nothing"])
    assert (alone.found, alone.own, alone.false) == (replayed.found, replayed.own, replayed.false)
    assert named["plug and charging"] != named["nothing"]
    assert named["all learning"] != named["nothing"]


def test_what_is_learned_is_taken_out_of_memory_and_the_rest_stays() -> None:
    made = household("hard", 2, 8)
    source = Stream("s", iter(list(made.stream())), lenient=False)
    entries = list(source.entries())
    seen: dict[str, set[str]] = {name: set() for name in EDITS}

    def watched(name: str) -> Any:
        def edit(memory: Any, said: Any) -> Any:
            after = EDITS[name](memory, said)
            seen[name] |= {f for f in ("habits", "reports", "cars", "chargers", "held")
                           if getattr(after, f) != getattr(memory, f)}  # fmt: skip
            return after

        return edit

    for name in EDITS:
        stepped(made, source.header, entries, watched(name))
    assert seen["habit"] == {"habits", "reports"}
    assert seen["all learning"] == {"habits", "reports"}
    assert seen["arrival"] <= {"cars"}


def test_without_one_judgement_over_all_two_chargers_may_name_one_car() -> None:
    both = []
    for seed in (2, 3):
        made = household("hard", seed, 6)
        for kind, names in without_each(made, {NOTHING, JOINT}):
            both.append((kind, _at_two_chargers(names)))
    assert not any(twice for kind, twice in both if kind == NOTHING)
    assert {kind for kind, _ in both} == {NOTHING, JOINT}


def _at_two_chargers(names: list[Named]) -> bool:
    at: dict[str, str | None] = {}
    last_s = 0.0
    for name in names:
        cars = [car for car in at.values() if car]
        if name.t_s > last_s and len(cars) != len(set(cars)):
            return True
        at[name.charger], last_s = name.car, name.t_s
    return False
