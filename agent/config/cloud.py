"""What the installer says about the cloud."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from agent.config.broker import SecuredBroker
from agent.config.section import Seconds, Text

AgentId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


class CloudConfig(SecuredBroker):
    """The cloud's broker, and who we are there."""

    tls: bool = Field(
        default=True,
        description="Whether the connection is encrypted and the broker's certificate checked; "
        "false only for trials.",
    )
    port: int = Field(
        default_factory=lambda given: 8883 if given.get("tls") else 1883,
        ge=1,
        le=65535,
        description="TCP port of the broker; without it 8883, or 1883 without tls.",
        examples=["8883"],
    )
    agent_id: AgentId = Field(
        description="Name of this house at the cloud, in all its topics; given by the cloud, and "
        "never two houses with one name.",
        examples=["3f0c9d2e"],
    )
    client_id: Text | None = Field(
        default=None,
        description="Name of the connection at the broker; without it, hearth-cloud- and agent_id.",
        examples=["hearth-cloud-3f0c9d2e"],
    )
    user_id: Text | None = Field(
        default=None,
        description="The cloud's name of the household; without it, agent_id.",
        examples=["family-7"],
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password or token at the broker; better as HEARTH_CLOUD__PASSWORD in the "
        "environment or as the systemd credential cloud__password than here.",
        examples=["secret"],
    )
    share_location: bool = Field(
        default=False, description="Whether the cloud may know where house and cars are."
    )
    telemetry: Literal["full", "none"] = Field(
        default="full",
        description="full: the cloud gets every sample, one message a minute and device; none: "
        "only states and events.",
    )
    telemetry_every_s: Seconds = Field(
        default=60.0,
        ge=10,
        le=900,
        description="How often samples are sent while connected.",
    )

    @model_validator(mode="after")
    def _somebody_lets_us_in(self) -> Self:
        if self.tls_certificate is None and self.username is None and self.tls:
            raise ValueError(
                "the broker cannot know us; add username: and password:, or tls_certificate: and"
                " tls_key:"
            )
        return self
