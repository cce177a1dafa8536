"""What the installer says about an MQTT broker, for all that connect to one."""

from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Topic = Annotated[str, StringConstraints(pattern=r"^[^#+\s/]+(/[^#+\s/]+)*$")]


class BrokerConfig(BaseModel):
    """Address of a broker and how it lets us in."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    host: Text = Field(description="Address of the broker.", examples=["192.168.1.10"])
    tls: bool = Field(default=False, description="Whether the connection is encrypted.")
    port: int = Field(
        default_factory=lambda given: 8883 if given.get("tls") else 1883,
        ge=1,
        le=65535,
        description="TCP port of the broker; without it 1883, or 8883 with tls.",
        examples=["1883"],
    )
    username: Text | None = Field(
        default=None, description="User at the broker.", examples=["hearth"]
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password at the broker; better in the environment or in a systemd credential "
        "than here.",
        examples=["secret"],
    )

    @model_validator(mode="after")
    def _password_needs_a_user(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("password does nothing without username; add username:")
        return self
