"""Chargers that speak OCPP 1.6J or 2.0.1; start reading at listener.py."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivers.ocpp.listener import OcppListener

__all__ = ["OcppListener"]


def __getattr__(name: str) -> Any:
    """Load the listener, and the WebSocket library with it, only in a house with chargers."""
    if name == "OcppListener":
        from drivers.ocpp.listener import OcppListener

        return OcppListener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
