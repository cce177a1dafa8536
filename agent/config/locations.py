"""What the installer writes about places other than the house."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from agent.config.names import known_timezone
from agent.config.section import Section, Text


class LocationConfig(Section):
    """A place other than the house, at which cars or chargers of yours stand."""

    name: Text | None = Field(
        default=None,
        description="What people call the place; without it, its name in this file.",
        examples=["Cabin"],
    )
    latitude_deg: float | None = Field(
        default=None,
        ge=-90,
        le=90,
        description="Where it is, degrees north. A car is there within 200 m of it, and until it "
        "is more than 270 m away.",
        examples=["52.39"],
    )
    longitude_deg: float | None = Field(
        default=None,
        ge=-180,
        le=180,
        description="Where it is, degrees east.",
        examples=["13.06"],
    )
    timezone: Text | None = Field(
        default=None,
        description="IANA time zone of the place; without it, the house's.",
        examples=["Europe/Berlin"],
    )
    chargers: tuple[Text, ...] = Field(
        default=(),
        description="Chargers that stand there, by their names under chargers; all others stand "
        "at the house.",
        examples=[["garden"]],
    )

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str | None) -> str | None:
        return None if name is None else known_timezone(name)

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.latitude_deg is None) != (self.longitude_deg is None):
            raise ValueError("latitude_deg and longitude_deg belong together; give both or neither")
        return self
