"""Times of day and days of the week, as the installer writes them."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from agent.config.section import Section, Text
from agent.tariffs.hours import DAY_MINUTES

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def minutes_of(clock: str) -> int:
    """Minutes after midnight of a time of day such as 06:30; 24:00 is 1440.

    Raises:
        ValueError: it is none; the text says what to write.
    """
    found = _CLOCK.fullmatch(clock)
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise ValueError("no time of day; write hours and minutes, as in 22:00")
    return minutes


def _time(clock: str) -> str:
    minutes_of(clock)
    return clock


def _beginning(clock: str) -> str:
    if minutes_of(clock) == DAY_MINUTES:
        raise ValueError("there the day ends, and nothing begins; write 00:00")
    return clock


def _some_days(days: tuple[Weekday, ...] | None) -> tuple[Weekday, ...] | None:
    if days == ():
        raise ValueError("no day at all; name some, as in [mon, fri], or delete the line")
    return days


TimeOfDay = Annotated[Text, AfterValidator(_time)]
Beginning = Annotated[Text, AfterValidator(_beginning)]
Days = Annotated[tuple[Weekday, ...] | None, AfterValidator(_some_days)]


def beginning_with_from(base: type[Section], described: str, example: str) -> Any:
    """The section with a setting `from` more: what people write, and a keyword of Python."""
    field = Field(default=None, description=described, examples=[example])
    more: Any = {"from": (Beginning | None, field)}
    return create_model("_From", __base__=base, __module__=base.__module__, **more)


def begins(hours: Section) -> str | None:
    """What is written as `from`."""
    clock: str | None = getattr(hours, "from")
    return clock


def check_both_times(begin: str | None, end: str | None) -> None:
    """See to it that hours have both a beginning and an end, or neither.

    Raises:
        ValueError: only one of the two is given; the text says what to write.
    """
    if (begin is None) != (end is None):
        raise ValueError("from and to belong together; give both, or neither for whole days")
