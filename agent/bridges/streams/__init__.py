"""Streams: what the house saw and what people wanted, as JSON lines. See docs/streams.md."""

from agent.bridges.streams.header import Device, Header
from agent.bridges.streams.lines import BadLine, Entry
from agent.bridges.streams.reading import Fault, Stream, opened

__all__ = ["BadLine", "Device", "Entry", "Fault", "Header", "Stream", "opened"]
