"""What the installer writes about the OCPP listener and about each charger."""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

LEAST_CURRENT_A = 6.0
"""The least a car may be offered short of nothing, IEC 61851-1."""

ALL_PHASES = 3

IdTag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=36)]


class OcppConfig(BaseModel):
    """The listener that all chargers connect to."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    listen: str = Field(
        default="0.0.0.0",
        min_length=1,
        description="Address of this machine on which chargers may connect; 0.0.0.0 is every "
        "network it has. Name the home network's own address to keep other networks out.",
    )
    port: int = Field(
        default=8887,
        ge=0,
        le=65535,
        description="TCP port for chargers. Type ws://ADDRESS:PORT/ocpp into the charger.",
    )
    tls_certificate: str | None = Field(
        default=None,
        description="PEM file with this machine's certificate, if chargers connect with wss://. "
        "Its name must be the one in the charger's URL.",
    )
    tls_key: str | None = Field(
        default=None, description="PEM file with the private key of tls_certificate."
    )
    max_sockets: int = Field(
        default=64,
        ge=1,
        le=1000,
        description="The most connections held at once; further ones are turned away.",
    )
    heartbeat_s: int = Field(
        default=60,
        ge=10,
        le=3600,
        description="How often a charger must show that it lives, in seconds. Some chargers drop "
        "a connection that is quiet for 110 s, so stay below that.",
    )

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together; give both or neither")
        return self


class ChargerConfig(BaseModel):
    """One charger; a box with two sockets is two chargers with one identity."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    identity: str = Field(
        min_length=1,
        max_length=255,
        description="The name that the charger gives itself when it connects: the last part of "
        "the URL in its settings, often its serial number. Hearth lists unknown ones as "
        "pending approval.",
    )
    connector: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Which socket or cable of the box, counted from 1.",
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password that the charger must show (OCPP calls it AuthorizationKey). "
        "Without one any device on the network may pretend to be this charger. Better kept "
        "in the environment or a credential than in this file.",
    )
    ocpp_version: Literal["1.6", "2.0.1", "2.1"] | None = Field(
        default=None,
        examples=["2.0.1"],
        description="Version of OCPP to speak with this charger: 1.6, 2.0.1 or 2.1. Without it the "
        "charger's offer decides, 2.0.1 before 2.1 before 1.6. Pin 1.6 where a charger offers "
        "2.0.1 and does not do it well (FoxESS).",
    )
    name: str | None = Field(
        default=None, min_length=1, description="What people call this charger."
    )
    min_current_a: float = Field(
        default=LEAST_CURRENT_A,
        ge=LEAST_CURRENT_A,
        le=32.0,
        description="The least current per phase, in ampere, at which the car charges well; "
        "some cars need 7 or 8.",
    )
    max_current_a: float = Field(
        default=16.0,
        ge=LEAST_CURRENT_A,
        le=80.0,
        description="The most current per phase, in ampere, that cable, breaker and charger "
        "allow. Hearth never asks for more.",
    )
    phases: int = Field(
        default=3, ge=1, le=3, description="Phases wired to the charger: 1, 2 or 3."
    )
    phase_switching: bool = Field(
        default=False,
        description="Whether Hearth may let a car charge on one of the three phases where the sun "
        "does not do for all of them. Only for chargers that can change their phases while a car "
        "is plugged in, with phases: 3.",
    )
    fallback_current_a: float = Field(
        default=LEAST_CURRENT_A,
        ge=0.0,
        le=80.0,
        description="Current per phase, in ampere, that the charger falls back to when Hearth is "
        "away. 0 forbids charging without Hearth.",
    )
    heartbeat_s: int | None = Field(
        default=None,
        ge=10,
        le=3600,
        description="Heartbeat of this charger in seconds, if it needs another than the rest.",
    )
    stop_mode: Literal["pause", "transaction"] = Field(
        default="pause",
        description="What pressing stop does: pause lowers the current to 0 and keeps the "
        "charger's transaction open, transaction ends it.",
    )
    id_tag: str = Field(
        default="HEARTH",
        min_length=1,
        max_length=16,
        description="Card number that Hearth shows when it starts a charge itself. Some chargers "
        "accept only the one set in their own settings.",
    )
    meter_values_s: int = Field(
        default=10,
        ge=1,
        le=900,
        description="How often the charger reports power and energy while charging, in seconds.",
    )
    accept_tags: Literal["open"] | tuple[IdTag, ...] = Field(
        default="open",
        description="Who may charge: open lets every card and every car, a list only the card "
        "numbers in it.",
    )

    @field_validator("accept_tags")
    @classmethod
    def _tags_have_no_case(
        cls, tags: Literal["open"] | tuple[str, ...]
    ) -> Literal["open"] | tuple[str, ...]:
        return tags if tags == "open" else tuple(tag.upper() for tag in tags)

    @field_validator("identity")
    @classmethod
    def _identity_is_one_path_segment(cls, identity: str) -> str:
        if "/" in identity or identity != identity.strip():
            raise ValueError(
                "give only the last part of the charger's URL, without slashes or spaces around it"
            )
        return identity

    @model_validator(mode="after")
    def _phases_can_be_switched(self) -> Self:
        if self.phase_switching and self.phases != ALL_PHASES:
            raise ValueError(
                f"phase_switching is true, the charger has phases: {self.phases} and only one "
                "with phases: 3 can change to one phase; remove phase_switching"
            )
        return self

    @model_validator(mode="after")
    def _currents_agree(self) -> Self:
        if self.min_current_a > self.max_current_a:
            raise ValueError(
                f"min_current_a is {self.min_current_a:g}, above max_current_a of "
                f"{self.max_current_a:g}; lower it"
            )
        if self.fallback_current_a > self.max_current_a:
            raise ValueError(
                f"fallback_current_a is {self.fallback_current_a:g}, above max_current_a of "
                f"{self.max_current_a:g}; lower it"
            )
        if 0 < self.fallback_current_a < LEAST_CURRENT_A:
            raise ValueError(
                f"fallback_current_a is {self.fallback_current_a:g}; give 0 (no charging without "
                f"Hearth) or at least {LEAST_CURRENT_A:g}"
            )
        return self
