"""Which car hangs where in the journal: a line for each change, never a torrent."""

from dataclasses import replace

from agent.control.pair_journal import OPEN_S, QUIET_S, PairJournal
from agent.model.clock import Now
from agent.model.pairs import Belief, Evidence, LockedBy
from agent.model.readings import DeviceId
from tests.unit.house import NOON

BOX = DeviceId("box")
PLUG = Evidence(kind="plug-in", points=3.0, says="a was plugged in at 17:02")
UNKNOWN = Belief(charger=BOX, confidence=0.3, runner_up=DeviceId("a"), evidence=(PLUG,))
FOUND = replace(UNKNOWN, vehicle=DeviceId("a"), confidence=0.996, runner_up=None)
OTHER = replace(FOUND, vehicle=DeviceId("b"))
GUEST = replace(UNKNOWN, locked_by=LockedBy.MANUAL)
GONE = Belief(charger=BOX, confidence=1.0)


def journal() -> PairJournal:
    return PairJournal(lambda device: f"car {device}")


def told(book: PairJournal, belief: Belief | None, now: Now, *, changed: bool = True) -> list[str]:
    held = {} if belief is None or belief is GONE else {BOX: belief}
    news = (belief,) if changed and belief is not None else ()
    return [entry.reason.sentence for entry in book.step(news, held, now)]


def test_a_car_that_was_found_is_told_with_the_best_evidence() -> None:
    assert told(journal(), FOUND, NOON) == [
        "car a hangs here, 99.6 % sure: a was plugged in at 17:02 (20 times likelier)"
    ]


def test_the_end_and_a_person_s_word_are_told_at_once() -> None:
    book = journal()
    told(book, FOUND, NOON)
    assert told(book, GUEST, NOON.later(1)) == ["a guest's car hangs here, as a person said"]
    assert told(book, GONE, NOON.later(2)) == ["the cable is out; no car here"]


def test_what_goes_to_and_fro_is_told_once_a_minute_as_it_stands() -> None:
    book, lines = journal(), 0
    for second in range(600):
        lines += len(told(book, (FOUND, OTHER)[second % 2], NOON.later(second)))
    assert 0 < lines <= 600 / QUIET_S
    quiet = NOON.later(600 + QUIET_S)
    last = told(book, OTHER, quiet, changed=False)
    assert last in (
        [],
        ["car b hangs here, 99.6 % sure: a was plugged in at 17:02 (20 times likelier)"],
    )
    assert told(book, OTHER, quiet.later(QUIET_S), changed=False) == []


def test_a_car_that_stays_unknown_is_told_once_with_what_would_settle_it() -> None:
    book, lines = journal(), []
    for minute in range(60):
        lines += told(
            book, replace(UNKNOWN, settles="a card"), NOON.later(minute * 60), changed=False
        )
    assert lines == [
        "it is not known which car hangs here; perhaps car a; what would settle it: a card"
    ]
    assert told(book, None, NOON.later(4000)) == []
    assert told(book, UNKNOWN, NOON.later(4001), changed=False) == []
    assert len(told(book, UNKNOWN, NOON.later(4001 + OPEN_S), changed=False)) == 1


def test_a_quiet_house_has_nothing_to_tell() -> None:
    assert journal().step((), {}, NOON) == ()
