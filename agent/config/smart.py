"""What the installer writes about smart charging: by when a car is full, and within what bounds.

People change all of it in Home Assistant and through the cloud; what stands here holds until then.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from agent.config.section import Seconds, Section, Text
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import NO_DEADLINE, SmartPolicy, Windows
from agent.plan.smart.spoken import read_deadlines
from drivers.vehicles.config import VehicleConfig

if TYPE_CHECKING:
    from agent.config.models import Settings

HOUR_S = 3600.0
LONGEST_PAUSE_S = 21_600


def _deadline(text: str) -> str:
    read_deadlines(text)
    return text


Deadline = Annotated[Text, AfterValidator(_deadline)]


class _Smart(Section):
    """What cars that are known, and those that are not, have in common."""

    enabled: bool = Field(
        default=True, description="Whether smart charging is on until people turn it off."
    )
    windows: Windows = Field(
        default=Windows.MULTI,
        description="Whether a plan may charge in several stretches (multi), or only in one "
        "(single).",
    )
    min_on_s: Seconds = Field(
        default=1800.0,
        ge=0,
        le=LONGEST_PAUSE_S,
        description="A stretch of charging lasts at least this many seconds.",
    )
    min_off_s: Seconds = Field(
        default=1800.0,
        ge=0,
        le=LONGEST_PAUSE_S,
        description="A pause between two stretches lasts at least this many seconds.",
    )


class SmartConfig(_Smart):
    """Smart charging of a car: full by its deadline, at the lowest cost."""

    ready_by: Deadline | None = Field(
        default=None,
        description="By when the car is full, local time: 07:00, or 07:00 on weekdays, 09:00 on "
        "Sunday. Needed where smart charging is on.",
        examples=["07:00 on weekdays, 09:00 on Sunday"],
    )
    minimum_percent: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="Below this level the car charges at once, at any price.",
    )
    least_minimum_percent: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="The lowest minimum other than 0 that the maker of the car allows.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.enabled and (self.ready_by is None or read_deadlines(self.ready_by) == NO_DEADLINE):
            raise ValueError("ready_by is missing; add ready_by: 07:00, or enabled: false")
        if 0 < self.minimum_percent < self.least_minimum_percent:
            raise ValueError(
                f"minimum_percent is {self.minimum_percent:g}, below least_minimum_percent;"
                f" write 0, or at least {self.least_minimum_percent:g}"
            )
        return self


class ChargerSmartConfig(_Smart):
    """Smart charging of cars of which nothing is known: for so long, when it costs least."""

    duration_h: float = Field(
        gt=0,
        le=24,
        description="For how many hours a car that nobody knows charges in each cycle of 24 hours.",
        examples=["4"],
    )
    cycle_ends: Deadline = Field(
        description="When the cycle ends and the next begins, local time; by then it has charged.",
        examples=["07:00"],
    )


class VehicleSettings(VehicleConfig):
    """One car, where its state comes from, and how it is charged."""

    smart: SmartConfig | None = Field(
        default=None,
        description="Smart charging of this car; see docs/smart-charging.md. It can be turned on "
        "in Home Assistant without this section too.",
    )


def policies_of(settings: "Settings") -> Mapping[DeviceId, SmartPolicy]:
    """What the file says of smart charging, by device."""
    cars = {
        DeviceId(name): _of_car(DeviceId(name), car.smart)
        for name, car in settings.vehicles.items()
        if car.smart is not None
    }
    boxes = {
        DeviceId(name): _of_charger(DeviceId(name), box.smart)
        for name, box in settings.chargers.items()
        if box.smart is not None
    }
    return MappingProxyType({**cars, **boxes})


def _of_car(device: DeviceId, config: SmartConfig) -> SmartPolicy:
    return SmartPolicy(
        target=device,
        enabled=config.enabled,
        deadlines=NO_DEADLINE if config.ready_by is None else read_deadlines(config.ready_by),
        minimum_percent=config.minimum_percent,
        least_minimum_percent=config.least_minimum_percent,
        windows=config.windows,
        min_on_s=config.min_on_s,
        min_off_s=config.min_off_s,
    )


def _of_charger(device: DeviceId, config: ChargerSmartConfig) -> SmartPolicy:
    return SmartPolicy(
        target=device,
        target_kind=DeviceKind.CHARGER,
        enabled=config.enabled,
        deadlines=read_deadlines(config.cycle_ends),
        windows=config.windows,
        min_on_s=config.min_on_s,
        min_off_s=config.min_off_s,
        duration_s=config.duration_h * HOUR_S,
    )
