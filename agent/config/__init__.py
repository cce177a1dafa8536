"""The installer's file: its shape, and exactly which line of it is wrong.

One YAML file, environment variables and systemd credentials become one frozen Settings, or one
ConfigError with every fault. See docs/configuration.md.
"""

from agent.config.charger import ChargerSettings
from agent.config.faults import ConfigError, Fault
from agent.config.house import HouseConfig
from agent.config.models import ApiConfig, Settings, StoreConfig
from agent.config.mqtt import MqttConfig
from agent.config.reading import load

__all__ = [
    "ApiConfig",
    "ChargerSettings",
    "ConfigError",
    "Fault",
    "HouseConfig",
    "MqttConfig",
    "Settings",
    "StoreConfig",
    "load",
]
