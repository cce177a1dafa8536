"""Settings of the MQTT broker."""

from pydantic import Field, SecretStr

from agent.config.broker import SecuredBroker
from agent.config.section import Seconds
from drivers.mqtt_config import Topic


class MqttConfig(SecuredBroker):
    """The broker through which Home Assistant sees the house."""

    password: SecretStr | None = Field(
        default=None,
        description="Password at the broker; better as HEARTH_MQTT__PASSWORD in the environment "
        "or as the systemd credential mqtt__password than here.",
        examples=["secret"],
    )
    base_topic: Topic = Field(default="hearth", description="First part of all our topics.")
    discovery: bool = Field(
        default=True, description="Whether Home Assistant is told about the devices."
    )
    discovery_prefix: Topic = Field(
        default="homeassistant",
        description="Discovery prefix as set in Home Assistant's MQTT integration.",
    )
    status_topic: Topic = Field(
        default_factory=lambda given: f"{given.get('discovery_prefix', 'homeassistant')}/status",
        description="Topic on which Home Assistant says that it has started; without it, "
        "DISCOVERY_PREFIX/status.",
        examples=["homeassistant/status"],
    )
    state_every_s: Seconds = Field(
        default=5.0,
        ge=1,
        le=300,
        description="Measurements are published at most this often; changes of state at once.",
    )

    expire_after_s: Seconds | None = Field(
        default=None,
        ge=10,
        le=86_400,
        description="Home Assistant shows a measurement as unavailable when it was not renewed for "
        "this many seconds; without it, only when the device is silent.",
        examples=["120"],
    )
