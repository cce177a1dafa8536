"""Gateways that tell of a physical car over MQTT, each in its own layout and manners."""
