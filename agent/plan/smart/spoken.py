"""Deadlines as people write them: 07:00, or 07:00 on weekdays, 09:00 on Sunday. Pure."""

import re
from itertools import groupby

from agent.model.smart import NO_DEADLINE, WEEK_DAYS

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GROUPS = {
    "weekdays": range(5),
    "workdays": range(5),
    "weekends": range(5, 7),
    "weekend": range(5, 7),
    "daily": range(7),
    "all": range(7),
}
MANY_DAYS = 3
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::00)?(?![\d:])")
_IDLE = frozenset({"on", "and", "every", "each", "day", "days", "at", "by"})
_WORD = re.compile(r"[a-z]+|-")
_NONE = frozenset({"none", "never", "off", ""})
_REMEDY = "write a time such as 07:00, or 07:00 on weekdays, 09:00 on Sunday"


def minute_of(text: str) -> int:
    """Minutes after midnight of a time of day such as 06:30.

    Raises:
        ValueError: it is none; the text says what to write.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no time of day; {_REMEDY}")
    hours, minutes = int(found[1]), int(found[2])
    if (hours, minutes) == (24, 0):
        raise ValueError("there the day ends; write 00:00")
    if hours > 23 or minutes > 59:  # noqa: PLR2004 the clock
        raise ValueError(f"no time of day; {_REMEDY}")
    return hours * 60 + minutes


def read_deadlines(text: str) -> tuple[int | None, ...]:
    """Minutes after midnight for each day of the week, Monday first; none = no deadline at all.

    A time without days holds on all days that are not named otherwise.

    Raises:
        ValueError: it cannot be understood; the text says what to write.
    """
    text = text.strip().lower()
    if text in _NONE:
        return NO_DEADLINE
    clocks = list(_CLOCK.finditer(text))
    if not clocks or text[: clocks[0].start()].strip():
        raise ValueError(f"no time of day; {_REMEDY}")
    ends = [each.start() for each in clocks[1:]] + [len(text)]
    otherwise: int | None = None
    given: dict[int, int] = {}
    for clock, end in zip(clocks, ends, strict=True):
        minute, days = minute_of(clock[0]), _days(text[clock.end() : end])
        if not days:
            if otherwise is not None:
                raise ValueError(f"two times hold on the same days; {_REMEDY}")
            otherwise = minute
        for day in days:
            if given.setdefault(day, minute) != minute:
                raise ValueError(f"{_NAMES[day]} has two times; keep one of them")
    return tuple(given.get(day, otherwise) for day in range(WEEK_DAYS))


def _days(text: str) -> list[int]:
    """The days of the week that are named; empty = none is."""
    left = re.sub(r"[\s,;&.]+", " ", _WORD.sub(" ", text)).strip()
    if left:
        raise ValueError(f"{left} is not understood; {_REMEDY}")
    days, through = list[int](), False
    for word in _WORD.findall(text):
        if word in _IDLE:
            continue
        if word in ("-", "to"):
            through = bool(days)
            continue
        found = list(_GROUPS.get(word, ())) or _day(word)
        if not found:
            raise ValueError(f"{word} is no day of the week; {_REMEDY}")
        if through:
            first = days[-1] + 1
            found = [day % WEEK_DAYS for day in range(first, first + (found[0] - first) % 7 + 1)]
            through = False
        days += found
    return days


def say_deadlines(deadlines: tuple[int | None, ...]) -> str:
    """The same in words that read_deadlines understands."""
    given = [each for each in deadlines if each is not None]
    if not given:
        return "none"
    if len(given) == WEEK_DAYS and len(set(given)) == 1:
        return clock_of(given[0])
    parts = []
    for minute in dict.fromkeys(given):
        days = [day for day in range(WEEK_DAYS) if deadlines[day] == minute]
        parts.append(f"{clock_of(minute)} on {_said(days)}")
    return ", ".join(parts)


def clock_of(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _said(days: list[int]) -> str:
    if days == list(_GROUPS["weekdays"]):
        return "weekdays"
    if days == list(_GROUPS["weekends"]):
        return "weekends"
    words = list[str]()
    for _, group in groupby(enumerate(days), key=lambda each: each[1] - each[0]):
        run = [_NAMES[day] for _, day in group]
        words += run if len(run) < MANY_DAYS else [f"{run[0]}-{run[-1]}"]
    return " and ".join(words)


def _day(word: str) -> list[int]:
    """The day that a word names, in full, in three letters, or in the plural."""
    known = (each.lower() for each in _NAMES)
    return [day for day, name in enumerate(known) if word in (name, f"{name}s", name[:3])]
