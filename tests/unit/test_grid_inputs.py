"""What the grid operator's inputs say, what a silent one means, and what the law leaves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.assembly.grid import meaning_of
from agent.config.grid import GridInputConfig
from agent.model.clock import Now
from agent.model.driver import LinkDown
from agent.model.intents import Answer, GridLimit, Intent
from agent.model.limits import Scope
from agent.services.grid import GridInput, Meaning, least_w
from agent.services.grid.input import WhenLost
from agent.services.grid.meaning import Kind, Rule, Unreadable
from tests.unit.config_files import HOUSE, faults_of
from tests.unit.house import NOON
from tests.virtual_time import run_virtual

POWER = Meaning(kind=Kind.POWER, factor=1000.0)


@pytest.mark.parametrize(
    ("meaning", "said", "limit_w"),
    [
        (Meaning(), "1", 4200.0),
        (Meaning(), " ON ", 4200.0),
        (Meaning(), "0", None),
        (Meaning(inverted=True), "0", 4200.0),
        (Meaning(inverted=True), "closed", None),
        (POWER, "4.2", 4200.0),
        (POWER, "0", 0.0),
        (POWER, "-1", None),
        (POWER, "off", None),
    ],
)
def test_a_word_is_a_limit_or_none(meaning: Meaning, said: str, limit_w: float | None) -> None:
    assert meaning.limit(said) == limit_w


@pytest.mark.parametrize("said", ["nan", "inf", "half", "\x00", "9" * 400 + "x"])
def test_a_word_that_means_nothing_is_no_limit_and_no_freedom(said: str) -> None:
    for meaning in (Meaning(), POWER):
        if meaning.kind is Kind.SWITCH and said in ("nan", "inf"):
            continue
        with pytest.raises(Unreadable, match="send"):
            meaning.limit(said)


@pytest.mark.parametrize(
    ("devices", "rule", "least"),
    [
        (1, Rule.TOGETHER, (Scope.DEVICES, 4200.0)),
        (2, Rule.TOGETHER, (Scope.DEVICES, 4200.0 * 1.8)),
        (3, Rule.TOGETHER, (Scope.DEVICES, 4200.0 * 2.5)),
        (12, Rule.TOGETHER, (Scope.DEVICES, 4200.0 * (1 + 11 * 0.45))),
        (3, Rule.EACH, (Scope.EACH, 4200.0)),
    ],
)
def test_what_the_law_leaves(devices: int, rule: Rule, least: tuple[Scope, float]) -> None:
    assert least_w(devices, rule) == pytest.approx(least)


def test_what_the_installer_says_goes_before_the_formula() -> None:
    least = (Scope.EACH, 4200.0)
    plain = GridInputConfig(source="mqtt", topic="x")
    assert (meaning_of(plain, least).scope, meaning_of(plain, least).limit_w) == least
    own = GridInputConfig(source="mqtt", topic="x", limit_w=8000, counts="meter")
    assert (meaning_of(own, least).scope, meaning_of(own, least).limit_w) == (Scope.METER, 8000.0)


class VirtualClock:
    """The clock of the loop that jumps."""

    def now(self) -> Now:
        return NOON.later(asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Script:
    """Says its words, each after so many seconds, then falls silent or breaks."""

    def __init__(self, clock: VirtualClock, *words: tuple[float, str], breaks: bool) -> None:
        self.clock, self.script, self.breaks = clock, words, breaks

    async def words(self) -> AsyncIterator[str]:
        for pause_s, word in self.script:
            await self.clock.sleep(pause_s)
            yield word
        if self.breaks:
            raise LinkDown("gone")
        await asyncio.sleep(1e6)


def told(
    *words: tuple[float, str],
    for_s: float = 100.0,
    breaks: bool = False,
    on_change: bool = False,
    when_lost: WhenLost = "limit",
    refusals: int = 0,
) -> list[tuple[float, float | None]]:
    """When the house was told which limit; it refuses the first `refusals` of them."""
    heard: list[tuple[float, float | None]] = []

    async def play() -> None:
        clock = VirtualClock()
        began_s = clock.now().mono_s

        async def submit(intent: Intent) -> Answer:
            assert isinstance(intent, GridLimit)
            heard.append((clock.now().mono_s - began_s, intent.import_w))
            return Answer(problem="not now") if len(heard) <= refusals else Answer()

        each = GridInput(
            "relay",
            Script(clock, *words, breaks=breaks),
            Meaning(),
            submit,
            clock,
            on_change=on_change,
            when_lost=when_lost,
        )
        try:
            async with asyncio.timeout(for_s):
                while True:
                    try:
                        await each.run()
                    except LinkDown:
                        await clock.sleep(5.0)
        except TimeoutError:
            pass

    run_virtual(play())
    return heard


def test_what_is_said_is_told_at_once() -> None:
    assert told((1.0, "1"), (4.0, "0"), for_s=20) == [(1.0, 4200.0), (5.0, None)]


def test_a_word_that_is_seen_often_is_told_once_in_a_while_and_a_new_one_at_once() -> None:
    looks = [(0.5, "1")] * 24 + [(0.5, "0")]
    assert told(*looks, for_s=14) == [(0.5, 4200.0), (10.5, 4200.0), (12.5, None)]


def test_a_word_that_was_refused_is_told_again_at_the_next_look() -> None:
    heard = told((0.5, "1"), (0.5, "1"), (0.5, "1"), for_s=5, refusals=1)
    assert heard == [(0.5, 4200.0), (1.0, 4200.0)]


def test_a_silent_contact_limits_the_house_once_it_is_lost() -> None:
    heard = told((1.0, "0"))
    assert heard[0] == (1.0, None)
    ((lost_s, limit_w),) = heard[1:]
    assert lost_s == pytest.approx(31.0, abs=1.1)
    assert limit_w == 4200.0


@pytest.mark.parametrize(("when_lost", "after"), [("free", [None]), ("keep", [])])
def test_the_installer_chooses_what_holds_when_it_is_lost(
    when_lost: WhenLost, after: list[None]
) -> None:
    assert [limit for _, limit in told((1.0, "1"), when_lost=when_lost)] == [4200.0, *after]


def test_a_topic_that_is_silent_on_a_living_link_is_not_lost() -> None:
    assert told((1.0, "0"), on_change=True) == [(1.0, None)]


def test_a_link_that_is_down_is_lost_after_a_while() -> None:
    heard = told(breaks=True, on_change=True)
    assert [limit for _, limit in heard] == [4200.0]
    assert 30 <= heard[0][0] <= 45


def test_nonsense_counts_as_silence() -> None:
    heard = told((1.0, "0"), *[(5.0, "maybe")] * 10, for_s=60)
    assert [limit for _, limit in heard] == [None, 4200.0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "{source: mqtt, topic: x}",
            (
                "2: grid_operator.inputs.box.source is mqtt: there is no mqtt section, so no "
                "broker; add mqtt: with host, or choose another source"
            ),
        ),
        (
            "{source: modbus, host: 192.168.1.60}",
            "2: grid_operator.inputs.box: source: modbus needs address; add it",
        ),
        ("{source: file, path: /sys/class/gpio/gpio17/value}", None),
    ],
)
def test_inputs_that_cannot_work_are_named(tmp_path: Path, text: str, fault: str | None) -> None:
    found = faults_of(tmp_path, f"{HOUSE}grid_operator: {{inputs: {{box: {text}}}}}\n")
    assert found == ([] if fault is None else [fault])
