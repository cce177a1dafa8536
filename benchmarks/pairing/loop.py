"""Probes in closed loop: what Hearth asks of a charger, the household does, and goes on from there.

The stream goes line by line through the engine of `hearth replay`. When pairing wishes for a probe,
a person presses "find out which car" at once, and again each minute until it is made or there is
nothing more to find out; the product's own rules say whether it may be made now and how long it
lasts. Then the household is lived anew with that step of its charger; what was heard until then
stays as it is. This is the most that probes can give: in a living house `when-it-matters` asks for
fewer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from re import sub
from typing import Any

import orjson

from agent.bridges.streams import Stream
from agent.cli.replaying import Replay
from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.household import Household, Life
from benchmarks.pairing.ours import names
from benchmarks.pairing.profiles import Profile
from benchmarks.pairing.scoring import Named
from benchmarks.pairing.things import House, Throttle
from benchmarks.pairing.world import within

AGAIN_S = 60.0
LONGEST_S = 1800.0
SOON_S = 900.0
"""A name that comes so soon after a probe is its answer."""

DELAY_S = 1.0
SUN_H = (5.0, 22.5)
OVER = ("nothing to find out", "was probed", "no car is plugged in", "nothing is to be asked")


@dataclass(slots=True)
class Looped:
    """
    Args:
        home: as it was lived in the end.
        steps: the probes that were made. `answered` of these ended with a name.
        wished: plug-ins in which it was open which car hangs there. refused: why no probe was
            made for them, as it was said last.
    """

    home: Household
    named: list[Named] = field(default_factory=list)
    steps: list[Throttle] = field(default_factory=list)
    answered: int = 0
    wished: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def looped(profile: Profile, seed: int, days: int) -> Looped:
    life = Life(profile, seed, days)
    return _Loop(life, Looped(life.lived())).run()


class _Loop:
    def __init__(self, life: Life, found: Looped) -> None:
        self._life, self._found = life, found
        self._now_s, self._heard = 0.0, 0
        self._open: dict[str, tuple[float, str]] = {}
        self._asked: list[str] = []
        self._running: str | None = None
        self._commands: list[tuple[str, float | None]] = []

    def run(self) -> Looped:
        found = self._found
        source = Stream(f"seed {found.home.seed}", self._lines(), lenient=False)
        replay, told = Replay(source.header), list[bytes]()
        for entry in source.entries():
            for line in replay.take(entry):
                told.append(line)
                self._hear(orjson.loads(line))
        told += replay.end()
        for _, why in self._open.values():
            found.refused[why] += 1
        found.named = names(found.home, told)
        found.answered = sum(any(_answers(step, name) for name in found.named)
                             for step in found.steps)  # fmt: skip
        return found

    def _lines(self) -> Iterator[bytes]:
        """The stream as it stands when each line is asked for, with what the person presses."""
        yield next(self._found.home.stream())
        while self._heard < len(self._found.home.lines):
            line = self._found.home.lines[self._heard]
            self._heard += 1
            self._now_s = line.seen_s
            yield self._found.home.spelled(line)
            yield from self._presses(line)
            yield from self._sent()

    def _presses(self, line: Line) -> Iterator[bytes]:
        for charger, (due_s, _) in list(self._open.items()):
            if self._now_s < due_s or charger not in self._open:
                continue
            if _sunny(self._life.house, self._now_s):
                self._open[charger] = self._now_s + AGAIN_S, "the sun moves the chargers"
                continue
            self._asked.append(charger)
            body = {"targetType": "charger", "targetId": charger, "kind": "PROBE"}
            intent = {"command": "action.create", "body": body}
            seen = self._found.home.time(line.seen_s)
            yield orjson.dumps({"seen": seen, "intent": intent}, option=orjson.OPT_APPEND_NEWLINE)
            self._asked.clear()

    def _sent(self) -> Iterator[bytes]:
        """What Hearth told chargers, as a recording has it."""
        seen = self._found.home.time(self._now_s)
        for charger, value in self._commands:
            row = {"seen": seen, "device": charger, "command": "LIMIT", "value": value}
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        self._commands.clear()

    def _hear(self, tree: dict[str, Any]) -> None:
        """What the engine said of a line."""
        if "wish" in tree:
            self._found.wished += 1
            charger = tree["wish"]["probe"]["chargerId"]
            if charger in self._open:  # of a plug-in that is over
                self._found.refused[self._open[charger][1]] += 1
            self._open[charger] = self._now_s, "nobody came to ask"
        action = tree.get("action")
        if action is None:
            return
        if "problem" in action:
            self._refused(action["problem"])
        elif action["kind"] == "PROBE":
            self._moved(action)

    def _refused(self, problem: str) -> None:
        if not self._asked:
            return
        charger = self._asked[-1]
        if any(words in problem for words in OVER):
            self._found.refused[self._open.pop(charger)[1]] += 1
            return
        why = problem.split(": ", 1)[-1].replace(charger, "the charger")
        why = sub(r"\bbox-\d\b", "another charger", sub(r"\bcar-[a-d]\b", "the car", why))
        self._open[charger] = self._now_s + AGAIN_S, why

    def _moved(self, action: dict[str, Any]) -> None:
        """A probe begins or ends: the household is lived anew from here."""
        found = self._found
        if action["state"] == "PENDING":
            if self._running == action["id"]:
                return
            charger = action["targetId"]
            self._running, begins_s = action["id"], self._now_s + DELAY_S
            self._open.pop(charger, None)
            self._commands.append((charger, action["target"]))
            step = Throttle(charger, begins_s, begins_s + LONGEST_S, action["target"])
            found.steps.append(step)
        else:
            self._running = None
            step = found.steps[-1]
            self._commands.append((step.charger, None))
            found.steps[-1] = step._replace(to_s=max(step.from_s, self._now_s) + DELAY_S)
        before = found.home.lines[: self._heard]
        found.home = self._life.lived(found.steps)
        if found.home.lines[: self._heard] != before:
            raise AssertionError(f"seed {found.home.seed}: a step changed what was before it")


def _answers(step: Throttle, name: Named) -> bool:
    soon = step.from_s <= name.t_s <= step.to_s + SOON_S
    return soon and name.charger == step.charger and name.car is not None


def _sunny(house: House, t_s: float) -> bool:
    """Whether the sun steers chargers of this house at that time: then Hearth steps none."""
    hour = ((t_s + house.starts_at) / 3600 + house.offset_h) % 24
    return within(hour, SUN_H) and any(c.mode == "surplus" for c in house.chargers)
