"""Hours in which a price, a fee or a peak counts, as the installer writes them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from agent.config.schedules import WEEKDAYS, Weekday, minutes_of
from agent.config.section import Section, Text
from agent.tariffs import Hours
from agent.tariffs.hours import DAY_MINUTES, crossing

MONTHS = 12


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


def _some_months(months: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if months is not None and (not months or any(not 1 <= each <= MONTHS for each in months)):
        raise ValueError("no months of a year; write some of 1 to 12, or delete the line")
    return months


if TYPE_CHECKING:
    _From = Section
else:  # `from` is what people write, and a keyword
    _From = create_model(
        "_From",
        __base__=Section,
        __module__=__name__,
        **{
            "from": (
                Annotated[Text, AfterValidator(_beginning)] | None,
                Field(
                    default=None,
                    description="Local time at which the hours begin, as in 22:00. Without from "
                    "and to, the whole day.",
                    examples=["00:00"],
                ),
            )
        },
    )


class HoursConfig(_From):
    """Hours of the day, on some days."""

    to: Annotated[Text, AfterValidator(_time)] | None = Field(
        default=None,
        description="Local time at which they end, on the same day; 24:00 is the end of the day. "
        "A night is two entries: one to 24:00, and one from 00:00.",
        examples=["06:00"],
    )
    weekdays: Annotated[tuple[Weekday, ...] | None, AfterValidator(_some_days)] = Field(
        default=None,
        description="Days: mon, tue, wed, thu, fri, sat, sun. Without it, every day.",
        examples=[["mon", "fri"]],
    )

    @property
    def hours(self) -> Hours:
        """The same for those who reckon with it."""
        begins = getattr(self, "from")
        days = self.weekdays
        return Hours(
            from_minute=0 if begins is None else minutes_of(begins),
            to_minute=DAY_MINUTES if self.to is None else minutes_of(self.to),
            weekdays=None if days is None else frozenset(WEEKDAYS.index(day) for day in days),
        )

    @model_validator(mode="after")
    def _one_stretch_of_a_day(self) -> Self:
        begins = getattr(self, "from")
        if (begins is None) != (self.to is None):
            raise ValueError("from and to belong together; give both, or neither for whole days")
        if begins is not None and self.to is not None:
            wrong = crossing(minutes_of(begins), minutes_of(self.to))
            if wrong is not None:
                raise ValueError(f"to {wrong}")
        return self


class SeasonConfig(HoursConfig):
    """Hours of the day in some months, or from one day to another."""

    months: Annotated[tuple[int, ...] | None, AfterValidator(_some_months)] = Field(
        default=None,
        description="Months in which they count, 1 to 12. Without it, all year.",
        examples=[[1, 2, 3, 10, 11, 12]],
    )
    since: date | None = Field(
        default=None, description="First day on which they count.", examples=["2026-01-01"]
    )
    until: date | None = Field(
        default=None,
        description="First day on which they count no more.",
        examples=["2027-01-01"],
    )

    @property
    def hours(self) -> Hours:
        """The same for those who reckon with it."""
        plain = super().hours
        return Hours(
            from_minute=plain.from_minute,
            to_minute=plain.to_minute,
            weekdays=plain.weekdays,
            months=None if self.months is None else frozenset(self.months),
            since=self.since,
            until=self.until,
        )

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("until is not after since; correct one of the two")
        return self
