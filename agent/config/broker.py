"""What all brokers that Hearth itself holds a connection to have in common."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from agent.config.section import Text
from drivers.mqtt_config import BrokerConfig


class SecuredBroker(BrokerConfig):
    """A broker that may be reached over TLS, also with a certificate of our own."""

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

    @model_validator(mode="after")
    def _tls_settings_need_tls(self) -> Self:
        for name in ("tls_ca", "tls_certificate", "tls_key"):
            value = getattr(self, name)
            if value is not None and not self.tls:
                raise ValueError(f"{name} does nothing without tls; add tls: true")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together; give both or neither")
        return self
