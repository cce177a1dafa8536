"""What the installer writes about schedules: when a charger or a car shall charge."""

import re
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from agent.config.names import Slug
from agent.config.section import Section, Text

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAY_MINUTES = 1440


def minutes_of(clock: str) -> int:
    """Minutes after midnight of a time of day such as 06:30; 24:00 is 1440.

    Raises:
        ValueError: it is none; the text says what to write.
    """
    found = _CLOCK.fullmatch(clock)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _DAY_MINUTES + 1
    if minutes > _DAY_MINUTES:
        raise ValueError("no time of day; write hours and minutes, as in 22:00")
    return minutes


def _time(clock: str) -> str:
    minutes_of(clock)
    return clock


def _beginning(clock: str) -> str:
    if minutes_of(clock) == _DAY_MINUTES:
        raise ValueError("there the day ends, and nothing begins; write 00:00")
    return clock


def _some_days(days: tuple[Weekday, ...] | None) -> tuple[Weekday, ...] | None:
    if days == ():
        raise ValueError("no day at all; name some, as in [mon, fri], or delete the line")
    return days


class _Charge(Section):
    charge: bool = Field(
        default=True, description="Whether the car charges in these hours, or is held back."
    )


if TYPE_CHECKING:
    _From = _Charge
else:  # `from` is what people write, and a keyword
    _From = create_model(
        "_From",
        __base__=_Charge,
        __module__=__name__,
        **{
            "from": (
                Annotated[Text, AfterValidator(_beginning)] | None,
                Field(
                    default=None,
                    description="Local time at which the hours begin, as in 22:00. Without from "
                    "and to, whole days.",
                    examples=["22:00"],
                ),
            )
        },
    )


class RuleConfig(_From):
    """When a schedule says something else than otherwise."""

    to: Annotated[Text, AfterValidator(_time)] | None = Field(
        default=None,
        description="Local time at which they end; 24:00 is the end of the day. One that is not "
        "after `from` is on the next day.",
        examples=["06:00"],
    )
    weekdays: Annotated[tuple[Weekday, ...] | None, AfterValidator(_some_days)] = Field(
        default=None,
        description="Days on which these hours begin: mon, tue, wed, thu, fri, sat, sun; the night "
        "of a Friday may end on Saturday. Without it, every day.",
        examples=[["mon", "fri"]],
    )

    @property
    def minutes(self) -> tuple[int, int] | None:
        """From and to, after midnight; None for the whole day."""
        begins = getattr(self, "from")
        return (minutes_of(begins), minutes_of(self.to)) if begins and self.to else None

    @model_validator(mode="after")
    def _both_times(self) -> Self:
        if (getattr(self, "from") is None) != (self.to is None):
            raise ValueError("from and to belong together; give both, or neither for whole days")
        return self


class ScheduleConfig(Section):
    """When one charger, or one car, charges."""

    name: Text | None = Field(
        default=None,
        description="What people call the schedule; without it, its name in this file.",
        examples=["Cheap nights"],
    )
    charger: Text | None = Field(
        default=None,
        description="The charger that follows it, by its name under chargers.",
        examples=["garage"],
    )
    vehicle: Text | None = Field(
        default=None,
        description="Or the car that follows it, by its name under vehicles; only while it is at "
        "home or at another place of yours, never at a public charger.",
        examples=["zoe"],
    )
    location: Text | None = Field(
        default=None,
        description="Only while the charger or the car is at this place: a name under locations, "
        "or house.id. Its time zone counts.",
        examples=["home"],
    )
    enabled: bool = Field(default=True, description="Whether the schedule is followed.")
    charge_otherwise: bool = Field(
        default=False, description="Whether the car charges at all hours of which no rule speaks."
    )
    rules: dict[Slug, RuleConfig] = Field(
        default_factory=dict,
        description="Hours by a name of your choice. Where several speak of the same hour, the "
        "lowest in the file counts.",
    )

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.charger is not None and self.vehicle is not None:
            raise ValueError(
                "charger and vehicle are both given; delete one, or make two schedules"
            )
        if self.charger is None and self.vehicle is None:
            raise ValueError("charger is missing; add charger: or vehicle: with its name")
        if not self.rules:
            raise ValueError("rules are missing; add rules: with hours below it, see the example")
        return self
