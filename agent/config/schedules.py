"""What the installer writes about schedules: when a charger or a car shall charge."""

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from agent.config.day_hours import (
    Days,
    TimeOfDay,
    beginning_with_from,
    begins,
    check_both_times,
    minutes_of,
)
from agent.config.names import Slug
from agent.config.section import Section, Text


class _Charge(Section):
    charge: bool = Field(
        default=True, description="Whether the car charges in these hours, or is held back."
    )


if TYPE_CHECKING:
    _From = _Charge
else:
    _From = beginning_with_from(
        _Charge,
        "Local time at which the hours begin, as in 22:00. Without from and to, whole days.",
        "22:00",
    )


class RuleConfig(_From):
    """When a schedule says something else than otherwise."""

    to: TimeOfDay | None = Field(
        default=None,
        description="Local time at which they end; 24:00 is the end of the day. One that is not "
        "after `from` is on the next day.",
        examples=["06:00"],
    )
    weekdays: Days = Field(
        default=None,
        description="Days on which these hours begin: mon, tue, wed, thu, fri, sat, sun; the night "
        "of a Friday may end on Saturday. Without it, every day.",
        examples=[["mon", "fri"]],
    )

    @property
    def minutes(self) -> tuple[int, int] | None:
        """From and to, after midnight; None for the whole day."""
        begin = begins(self)
        return (minutes_of(begin), minutes_of(self.to)) if begin and self.to else None

    @model_validator(mode="after")
    def _both_times(self) -> Self:
        check_both_times(begins(self), self.to)
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
