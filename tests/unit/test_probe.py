"""A probe from the wish to its end."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from agent.model.actions import ActionState, FailureType
from agent.model.pairs import Belief, LockedBy, ProbePolicy
from agent.model.readings import DeviceId
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan import probe
from agent.plan.memory import ChargerMemory
from agent.plan.probe import Begin, Never, ProbeMemory, ProbeStep
from tests.unit.house import CARPORT, GARAGE, charger, charging
from tests.unit.probe_world import (
    LATER,
    ONE,
    TWO,
    UNPLUGGED,
    WISH,
    at,
    probing,
    said,
    target,
    told,
    view,
)

NOTHING = ProbeMemory()


def wished() -> ProbeMemory:
    return probe.step(NOTHING, [WISH], view(asked={}), LATER).memory


def running() -> ProbeMemory:
    """Under way since LATER, and not yet shown by the charger."""
    done = probe.step(NOTHING, [WISH], view(), LATER)
    assert done.begin is not None
    return probe.began(done.memory, done.begin, "a1", view(), LATER)


def shown() -> ProbeMemory:
    return probe.step(running(), (), probing(), at(5)).memory


def ends(memory: ProbeMemory, seconds: float, **changes: Any) -> ProbeStep:
    return probe.step(memory, (), probing(**changes), at(seconds))


def test_a_wish_that_matters_begins_a_probe_and_one_that_does_not_waits() -> None:
    assert probe.step(NOTHING, [WISH], view(asked={}), LATER).begin is None
    done = probe.step(wished(), (), view(), LATER)
    assert done.begin is not None
    assert (done.begin.session, done.begin.way.to_a) == ("s1", 6.0)
    assert done.begin.wish.why == "the schedule waits"


def test_what_is_forbidden_now_is_done_when_it_is_no_more() -> None:
    held = view(busy=frozenset({CARPORT}))
    waits = probe.step(wished(), (), held, LATER)
    assert waits.begin is None
    assert probe.step(waits.memory, (), view(), at(60)).begin is not None


def test_its_charger_may_draw_less_and_says_why_in_one_sentence() -> None:
    order = probe.cap(running())[GARAGE]
    assert (order.most_a, order.reason.code) == (6.0, ReasonCode.PAIR_PROBE)
    assert order.reason.sentence == "Charging slower for 8 min to see which car this is."
    assert order.reason.changes_at == at(90 + 450).at
    assert probe.cap(NOTHING) == {}


def test_one_at_a_time_in_the_house() -> None:
    other = replace(WISH, charger=CARPORT)
    done = probe.step(running(), [other], probing(), at(5))
    assert done.begin is None
    assert done.memory.wishes.keys() == {GARAGE, CARPORT}


def test_each_plug_in_is_probed_once_however_often_it_is_wished() -> None:
    over = ends(shown(), 5 + 450)
    assert over.memory.running is None
    again = probe.step(over.memory, [WISH], view(), at(4000))
    assert again.begin is None
    with pytest.raises(Never, match="already"):
        probe.ask(again.memory, GARAGE, view(), at(4000))
    new = probe.step(again.memory, [WISH], view(sessions={GARAGE: "s9"}), at(5000))
    assert new.begin is not None


def test_a_probe_that_could_not_even_be_filed_counts_too() -> None:
    done = probe.step(NOTHING, [WISH], view(), LATER)
    assert done.begin is not None
    memory = probe.began(done.memory, done.begin, None, view(), LATER)
    assert memory.running is None
    assert probe.step(memory, [WISH], view(), at(10)).begin is None


def test_always_ask_asks_and_does_nothing_by_itself() -> None:
    asking = view(policy=ProbePolicy.ALWAYS_ASK)
    done = probe.step(wished(), (), asking, LATER)
    assert done.begin is None
    assert done.questions == {
        GARAGE: "May this charger charge at 6 A for 8 min, to see which car this is?"
        " The schedule waits."
    }
    assert probe.ask(done.memory, GARAGE, asking, LATER).way.to_a == 6.0


def test_a_person_may_ask_for_what_does_not_matter_but_not_for_what_is_forbidden() -> None:
    memory = wished()
    assert isinstance(probe.ask(memory, GARAGE, view(asked={}), LATER), Begin)
    sunny = told(target(GARAGE, ReasonCode.SURPLUS))
    with pytest.raises(Never, match="sun"):
        probe.ask(memory, GARAGE, view(targets=sunny), LATER)
    with pytest.raises(Never, match="nothing is to be asked"):
        probe.ask(memory, CARPORT, view(), LATER)
    with pytest.raises(Never, match="no car is plugged in"):
        probe.ask(memory, GARAGE, view(sessions={}), LATER)
    with pytest.raises(Never, match="being probed already"):
        probe.ask(running(), CARPORT, view(), LATER)


def test_its_time_runs_from_when_the_charger_shows_it() -> None:
    memory = shown()
    assert ends(memory, 5 + 449).memory.running is not None
    done = ends(memory, 5 + 450)
    assert done.memory.running is None
    assert done.ended is not None
    assert (done.ended.state, done.ended.failure) == (ActionState.CONFIRMED, None)


def test_the_answer_ends_it_at_once() -> None:
    found = {GARAGE: Belief(charger=GARAGE, vehicle=ONE, confidence=0.995)}
    done = ends(shown(), 60, beliefs=found)
    assert done.memory.running is None
    assert done.ended is not None
    assert done.ended.state is ActionState.CONFIRMED


def order(code: ReasonCode, *, on: bool = True) -> dict[DeviceId, Order]:
    reason = Reason(code=code, sentence="Because.")
    return {GARAGE: Order(charging=on, owner=Owner.SCHEDULE, reason=reason, by="it")}


MOVED = {
    GARAGE: ChargerMemory(limit_a=6.0),
    CARPORT: ChargerMemory(limit_a=12.0),
}
FUSE = told(target(GARAGE, ReasonCode.PAIR_PROBE, 6.0), target(CARPORT, ReasonCode.FUSE_LIMIT))
EARLY: dict[str, tuple[dict[str, Any], FailureType, str]] = {
    "unplugged": (
        said(charger(LATER.later(30), UNPLUGGED)),
        FailureType.UNNECESSARY,
        "garage was unplugged",
    ),
    "another session": (
        {"sessions": {GARAGE: "s9", CARPORT: "s2"}},
        FailureType.UNNECESSARY,
        "garage was unplugged",
    ),
    "a person named the car": (
        {"beliefs": {GARAGE: Belief(charger=GARAGE, vehicle=TWO, locked_by=LockedBy.MANUAL)}},
        FailureType.UNNECESSARY,
        "somebody said who is on garage",
    ),
    "lost": (
        said(replace(charging(6, LATER.later(30)), reachable=False)),
        FailureType.FAILED_PRECONDITION,
        "garage is out of reach",
    ),
    "stopped": (
        said(charger(LATER.later(30))),
        FailureType.FAILED_PRECONDITION,
        "garage stopped charging",
    ),
    "the fuse": (
        {"targets": FUSE},
        FailureType.FAILED_PRECONDITION,
        "the main fuse holds carport back",
    ),
    "another moved": (
        {"limits": MOVED},
        FailureType.FAILED_PRECONDITION,
        "carport was given another current meanwhile",
    ),
    "another began": (
        {"limits": {**MOVED, CARPORT: ChargerMemory(limit_a=16), "third": MOVED[GARAGE]}},
        FailureType.FAILED_PRECONDITION,
        "third was given another current meanwhile",
    ),
    "a schedule turned": (
        {"orders": order(ReasonCode.SCHEDULE_HOLD, on=False)},
        FailureType.CONFLICT,
        "garage has something else to do now",
    ),
    "an override": (
        {"orders": order(ReasonCode.OVERRIDE)},
        FailureType.CONFLICT,
        "garage has something else to do now",
    ),
    "a person's word": (
        {"manual": frozenset({GARAGE})},
        FailureType.CONFLICT,
        "garage has something else to do now",
    ),
    "it does something else": (
        {"targets": told(target(GARAGE, ReasonCode.MODE_OFF, 0.0))},
        FailureType.CONFLICT,
        "garage has something else to do now",
    ),
}


@pytest.mark.parametrize("name", EARLY)
def test_it_ends_early(name: str) -> None:
    changes, kind, detail = EARLY[name]
    done = ends(shown(), 31, **changes)
    assert done.memory.running is None
    assert done.ended is not None
    assert done.ended.failure is not None
    assert done.ended.state is ActionState.CANCELLED
    assert (done.ended.failure.type, done.ended.failure.detail) == (kind, detail)


def test_a_charger_that_does_not_follow_is_not_waited_for() -> None:
    deaf = probing(followed=frozenset())
    memory = probe.step(running(), (), deaf, at(89)).memory
    assert memory.running is not None
    done = probe.step(memory, (), deaf, at(90))
    assert done.ended is not None
    assert done.ended.failure is not None
    assert (done.ended.state, done.ended.failure.type) == (
        ActionState.FAILED,
        FailureType.NO_RESPONSE,
    )


def test_one_whose_action_somebody_else_ended_is_over() -> None:
    done = ends(shown(), 31, pending=frozenset())
    assert (done.memory.running, done.ended) == (None, None)


def test_a_restart_remembers_who_was_probed_and_what_was_wished_but_no_probe_under_way() -> None:
    before = shown()
    tree = orjson.loads(orjson.dumps(before.to_json()))
    after = ProbeMemory.from_json(tree)
    assert after.running is None
    assert (after.spent, after.wishes, after.of) == (before.spent, before.wishes, before.of)
    assert ProbeMemory.from_json({}) == NOTHING


def test_what_is_over_with_its_plug_in_is_forgotten() -> None:
    done = probe.step(ends(shown(), 455).memory, (), view(sessions={}), at(600))
    assert done.memory == ProbeMemory()
