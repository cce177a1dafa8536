"""MQTT brokers, out of the installer's file."""

from typing import Any

from agent.config import Settings
from agent.config.broker import SecuredBroker


def address(broker: SecuredBroker) -> dict[str, Any]:
    """Where a broker is and how it lets us in."""
    return {
        "host": broker.host,
        "port": broker.port,
        "username": broker.username,
        "password": broker.password.get_secret_value() if broker.password else None,
        "tls": broker.tls,
        "tls_ca": broker.tls_ca,
        "tls_certificate": broker.tls_certificate,
        "tls_key": broker.tls_key,
    }


def broker_of(settings: Settings) -> Any:
    """The mqtt section as the bridge wants it."""
    from agent.bridges.mqtt import Broker

    mqtt = settings.mqtt
    if mqtt is None:
        raise ValueError("the config file has no mqtt section")
    return Broker(
        **address(mqtt),
        client_id=settings.mqtt_client_id,
        base_topic=mqtt.base_topic,
        discovery_prefix=mqtt.discovery_prefix,
        status_topic=mqtt.status_topic,
        discovery=mqtt.discovery,
        state_every_s=mqtt.state_every_s,
        expire_after_s=mqtt.expire_after_s,
    )
