"""What children of store_child acknowledged before their end, held against the database."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.store.packing import unpack
from tests.sim.store_child import COMMIT_EVERY_S
from tests.sim.store_values import NOON

MANY_LIVES = 10  # a few may all have been too short to do anything
SLACK_S = 0.6  # a commit on a machine that is busy with other tests


class Word(NamedTuple):
    """One line of a child, and when its matter began and it was said."""

    what: list[str]
    began_mono_s: float
    said_mono_s: float


@dataclass
class Said:
    """What one child said before it ended.

    Args:
        ended_mono_s: when it was killed, or its power began to go.
        gone_mono_s: when its power was gone; None: it was killed, and no disk forgot anything.
    """

    ended_mono_s: float = 0.0
    gone_mono_s: float | None = None
    words: dict[str, list[Word]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str, ended_mono_s: float, gone_mono_s: float | None = None) -> "Said":
        """A last line that is cut off does not count."""
        said = cls(ended_mono_s, gone_mono_s)
        for line in text.splitlines(keepends=True):
            if line.endswith("\n") and line != "ready\n":
                kind, *what, began, at = line.split()
                said.words.setdefault(kind, []).append(Word(what, float(began), float(at)))
        return said

    def of(self, kind: str) -> Iterator[Word]:
        yield from self.words.get(kind, [])

    def binding(self, kind: str) -> Iterator[list[str]]:
        """What must be on disk."""
        yield from (word.what for word in self.of(kind) if self.binds(word))

    def binds(self, word: Word) -> bool:
        """Whether a word must hold: all do but those of matters that were under way while the
        power went (see power_cuts). What began later could only be refused."""
        if self.gone_mono_s is None:
            return True
        return word.said_mono_s < self.ended_mono_s or word.began_mono_s > self.gone_mono_s

    def last_sample(self, before: int) -> int:
        return max((int(word.what[0]) for word in self.of("sample")), default=before)


def check_facts(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    """Everything that was acknowledged is there, once."""
    actions = {name for (name,) in db.execute("SELECT id FROM action")}
    acknowledged = {name for said in lives for (name,) in said.binding("action")}
    if len(lives) >= MANY_LIVES:
        assert len(acknowledged) > len(lives), "the children did next to nothing"
    assert acknowledged <= actions, seed
    pending = db.execute("SELECT count(*) FROM action WHERE state = 'PENDING' GROUP BY device")
    assert set(pending) == {(1,)}, seed
    still_open = dict(db.execute("SELECT id, open FROM charge"))
    starts = [int(name) for said in lives for (name,) in said.binding("start")]
    assert len(set(starts)) == len(starts), f"an id was given out twice, {seed}"
    assert set(starts) <= set(still_open), seed
    stops = [int(name) for said in lives for (name,) in said.binding("stop")]
    assert not any(still_open[number] for number in stops), seed
    check_note(db, lives, seed)


def check_note(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    """The note on disk is the last acknowledged one, or a later one."""
    notes = [(pid, int(n)) for said in lives for pid, n in said.binding("note")]
    if not notes:
        return
    doc = db.execute(
        "SELECT doc ->> '$.pid', doc ->> '$.n' FROM note WHERE topic = 'child'"
    ).fetchone()
    assert doc is not None, seed
    last_pid, last_number = notes[-1]
    assert str(doc[0]) == last_pid or str(doc[0]) not in dict(notes), seed
    assert str(doc[0]) != last_pid or doc[1] >= last_number, seed


def check_events(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    """Numbers have no gap and are given once; each change has its event and each event its
    change; only what was acked is gone."""
    texts = {seq: unpack(body).decode() for seq, body in db.execute("SELECT seq, body FROM outbox")}
    shown = dict[int, str]()
    for said in lives:
        for word in said.of("event"):
            number, text = int(word.what[0]), word.what[1]
            assert shown.get(number, text) == text, f"{number} was given twice, {seed}"
            if said.binds(word):
                shown[number] = text
    kept = db.execute("SELECT value FROM meta WHERE key = 'acked_seq'").fetchone()
    acked = 0 if kept is None else int(kept[0])
    asked = [int(word.what[0]) for said in lives for word in said.of("ack")]
    assert acked <= max([0, *asked]), seed  # the first ones ask below 0: for nothing
    assert sorted(texts) == list(range(acked + 1, acked + len(texts) + 1)), seed
    assert set(shown) <= set(range(1, acked + len(texts) + 1)), seed
    assert all(shown.get(seq, text) == text for seq, text in texts.items()), seed
    actions = {name for (name,) in db.execute("SELECT id FROM action")}
    told = {*texts.values(), *shown.values()}
    assert told <= actions, f"an event without its change, {seed}"
    assert len(actions) == acked + len(texts), f"a change without its event, {seed}"


def check_samples(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    """At most one commit interval of samples is gone."""
    noon = int(NOON.timestamp())
    stored = {t - noon for (t,) in db.execute("SELECT t FROM raw WHERE value IS NOT NULL")}
    ages_s = {
        int(word.what[0]): said.ended_mono_s - word.began_mono_s
        for said in lives
        for word in said.of("sample")
    }
    if len(lives) >= MANY_LIVES:
        assert len(ages_s) > len(lives), "the children measured next to nothing"
        assert len(stored) > len(lives), "next to nothing was stored"
    lost = [age_s for number, age_s in ages_s.items() if number not in stored]
    assert max(lost, default=0.0) < COMMIT_EVERY_S + SLACK_S, seed
