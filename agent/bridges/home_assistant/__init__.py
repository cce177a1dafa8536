"""Hearth in Home Assistant, over MQTT device discovery (2024.11 and later)."""

from agent.bridges.home_assistant.bridge import HomeAssistant
from agent.bridges.home_assistant.clean import clean

__all__ = ["HomeAssistant", "clean"]
