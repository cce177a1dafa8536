"""What every document is made from: a Picture, who speaks, and which car is on which charger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.bridges.documents import ids
from agent.model.nothing import nothing
from agent.model.pairs import Pair, PairingMode, PairStage
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind

Json = dict[str, Any]
Key = tuple[str, str]
"""Type and id of a resource."""

API_VERSION: Final = "2024-10-01"
"""The dated version of the Enode API whose names and units documents have."""

SCOPES: Final = frozenset(
    {f"{kind}:read:data" for kind in DeviceKind if kind is not DeviceKind.LINK}
    | {f"{kind}:read:location" for kind in DeviceKind if kind is not DeviceKind.LINK}
    | {"battery:control:operation_mode", "charger:control:charging", "vehicle:control:charging"}
    | {"hem-system:control:grid_limit"}
)
"""All that an installer can grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who speaks to the cloud.

    Args:
        user_id: whose house it is, as the cloud calls them.
        scopes: what the installer grants; without `KIND:read:location` no coordinates leave.
        house: id of the Location that is the house; None = it has none.
    """

    agent_id: str
    user_id: str
    scopes: frozenset[str] = SCOPES
    house: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Args:
    on_charger, of_vehicle: the activated pair of a device.
    linked: vehicles that are established with a charger.
    """

    picture: Picture
    sender: Sender
    on_charger: Mapping[DeviceId, Pair] = field(default_factory=nothing)
    of_vehicle: Mapping[DeviceId, Pair] = field(default_factory=nothing)
    linked: frozenset[DeviceId] = frozenset()

    @property
    def routed(self) -> bool:
        """Whether pairs unlock and merge, not merely inform."""
        return self.picture.pairing.mode is PairingMode.FULL

    def id_of(self, device: DeviceId) -> str:
        return ids.device_id(self.sender.agent_id, device)

    def granted(self, scope: str) -> bool:
        return scope in self.sender.scopes


def view(picture: Picture, sender: Sender) -> View:
    """Pairs count unless pairing is off."""
    pairs = () if picture.pairing.mode is PairingMode.OFF else picture.pairs
    active = [pair for pair in pairs if pair.stage is PairStage.ACTIVATED]
    return View(
        picture=picture,
        sender=sender,
        on_charger={pair.charger: pair for pair in active},
        of_vehicle={pair.vehicle: pair for pair in active},
        linked=frozenset(pair.vehicle for pair in pairs),
    )
