"""What the installer lets Hearth do with stationary batteries by itself."""

from typing import Literal

from pydantic import Field

from agent.config.section import Section


class BatteryConfig(Section):
    """What Hearth does with the batteries when nobody gives them a mode."""

    plan: Literal["alone", "hold", "prices"] = Field(
        default="alone",
        description="alone = nothing; hold = they are not emptied into a car that charges; prices "
        "= that, and they are charged, held and emptied as prices, sun and load make it pay.",
    )
    from_grid: bool = Field(
        default=True, description="With prices: whether they may be charged from the grid."
    )
    to_grid: bool = Field(
        default=False, description="With prices: whether they may be emptied into the grid."
    )
    feeds_cars: bool = Field(
        default=False, description="Whether they may be emptied into a car that charges."
    )
    reserve_percent: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="Plans leave at least so much in them, in percent; the device may keep more.",
    )
    round_trip_percent: float = Field(
        default=90.0,
        ge=50,
        le=100,
        description="How much of what goes in comes out again, in percent, inverter included.",
    )
    wear_per_kwh: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="What a kWh through the battery costs in wear, in the currency of the tariff; "
        "it is charged from the grid only where that pays.",
        examples=["0.02"],
    )
