"""Hours in which a price, a fee or a peak counts, as the installer writes them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from agent.config.day_hours import (
    WEEKDAYS,
    Days,
    TimeOfDay,
    beginning_with_from,
    begins,
    check_both_times,
    minutes_of,
)
from agent.config.section import Section
from agent.tariffs import Hours
from agent.tariffs.hours import DAY_MINUTES, crossing

MONTHS = 12


def _some_months(months: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if months is not None and (not months or any(not 1 <= each <= MONTHS for each in months)):
        raise ValueError("no months of a year; write some of 1 to 12, or delete the line")
    return months


if TYPE_CHECKING:
    _From = Section
else:
    _From = beginning_with_from(
        Section,
        "Local time at which the hours begin, as in 22:00. Without from and to, the whole day.",
        "00:00",
    )


class HoursConfig(_From):
    """Hours of the day, on some days."""

    to: TimeOfDay | None = Field(
        default=None,
        description="Local time at which they end, on the same day; 24:00 is the end of the day. "
        "A night is two entries: one to 24:00, and one from 00:00.",
        examples=["06:00"],
    )
    weekdays: Days = Field(
        default=None,
        description="Days: mon, tue, wed, thu, fri, sat, sun. Without it, every day.",
        examples=[["mon", "fri"]],
    )

    @property
    def hours(self) -> Hours:
        """The same for those who reckon with it."""
        begin = begins(self)
        days = self.weekdays
        return Hours(
            from_minute=0 if begin is None else minutes_of(begin),
            to_minute=DAY_MINUTES if self.to is None else minutes_of(self.to),
            weekdays=None if days is None else frozenset(WEEKDAYS.index(day) for day in days),
        )

    @model_validator(mode="after")
    def _one_stretch_of_a_day(self) -> Self:
        begin = begins(self)
        check_both_times(begin, self.to)
        if begin is not None and self.to is not None:
            wrong = crossing(minutes_of(begin), minutes_of(self.to))
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
