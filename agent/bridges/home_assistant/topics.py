"""Names on the broker: topics, identifiers, unique ids. They never depend on display names.

Once published they are for ever: a changed unique id costs the user his energy history and
leaves duplicates called _2. tests/unit/data/home_assistant_ids.json freezes them.
"""

import re
from dataclasses import dataclass
from typing import Final

from agent.bridges.mqtt import Broker
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind

_PLAIN: Final = re.compile(rb"[a-zA-Z0-9_]|-(?=[a-zA-Z0-9_])(?![0-9a-f]{2})")


def slug(text: str) -> str:
    """Different texts give different slugs, of [a-zA-Z0-9_-] only, as discovery topics demand.

    Any other byte of the UTF-8 text becomes -xx, and so does a hyphen that could be mistaken
    for such an escape: CP.01:A becomes CP-2e01-3aA. A slug never contains --, nor ends with -.
    """
    raw, out, at = text.encode(), [], 0
    while at < len(raw):
        out.append(chr(raw[at]) if _PLAIN.match(raw, at) else f"-{raw[at]:02x}")
        at += 1
    return "".join(out)


@dataclass(frozen=True, slots=True)
class Topics:
    """All names for one gateway. The gateway itself is the device of kind LINK."""

    broker: Broker
    gateway_id: str

    @property
    def identifier(self) -> str:
        """Of the gateway; everything else of ours begins with it and --."""
        return f"hearth_{slug(self.gateway_id)}"

    @property
    def root(self) -> str:
        return f"{self.broker.base_topic}/{slug(self.gateway_id)}"

    @property
    def alive(self) -> str:
        """online while Hearth runs; the broker says offline when we vanish."""
        return f"{self.root}/availability"

    def _device(self, info: DeviceInfo) -> str:
        return self.root if info.kind is DeviceKind.LINK else f"{self.root}/{slug(info.id)}"

    def state(self, info: DeviceInfo) -> str:
        return f"{self._device(info)}/state"

    def availability(self, info: DeviceInfo) -> str:
        return f"{self._device(info)}/availability"

    def value(self, info: DeviceInfo, key: str) -> str:
        """Of a counter, which has a topic of its own."""
        return f"{self._device(info)}/{key}"

    def command(self, info: DeviceInfo, key: str) -> str:
        return f"{self._device(info)}/{key}/set"

    @property
    def all_commands(self) -> str:
        return f"{self.root}/+/+/set"

    def discovery(self, info: DeviceInfo) -> str:
        """One level for the device: 2024.11 never removes devices that have a node id as well."""
        return f"{self.broker.discovery_prefix}/device/{self.device_identifier(info)}/config"

    def device_identifier(self, info: DeviceInfo) -> str:
        if info.kind is DeviceKind.LINK:
            return self.identifier
        return f"{self.identifier}--{slug(info.id)}"

    def unique_id(self, info: DeviceInfo, key: str) -> str:
        return f"{self.device_identifier(info)}--{key}"

    def owns(self, identifier: str) -> bool:
        return identifier == self.identifier or identifier.startswith(f"{self.identifier}--")
