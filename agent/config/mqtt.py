"""Settings of the MQTT broker."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from agent.config.section import Seconds, Text
from drivers.mqtt_config import BrokerConfig, Topic


class MqttConfig(BrokerConfig):
    """The broker through which Home Assistant sees the house."""

    password: SecretStr | None = Field(
        default=None,
        description="Password at the broker; better as HEARTH_MQTT__PASSWORD in the environment "
        "or as the systemd credential mqtt__password than here.",
        examples=["secret"],
    )
    tls_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority that signed the broker's certificate; without "
        "it, the authorities that this machine trusts.",
        examples=["/etc/hearth/ca.pem"],
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file with our own certificate, if the broker wants one.",
        examples=["/etc/hearth/hearth.pem"],
    )
    tls_key: Path | None = Field(
        default=None,
        description="PEM file with the private key of tls_certificate.",
        examples=["/etc/hearth/hearth.key"],
    )
    client_id: Text | None = Field(
        default=None,
        description="Name of the connection at the broker; without it, hearth- and the house's id.",
        examples=["hearth-home"],
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

    @model_validator(mode="after")
    def _tls_settings_need_tls(self) -> Self:
        for name in ("tls_ca", "tls_certificate", "tls_key"):
            value = getattr(self, name)
            if value is not None and not self.tls:
                raise ValueError(f"{name} does nothing without tls; add tls: true")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together; give both or neither")
        return self
