"""What pairing remembers, as it stands on the disk."""

from collections.abc import Mapping
from typing import Any

import orjson

from agent import pairing
from agent.control.rules import HouseRules
from agent.model.clock import Now
from agent.pairing import Memory


def pairing_bytes(memory: Memory, boot: str) -> bytes:
    """What pairing remembers, for the disk."""
    return orjson.dumps({"boot_id": boot, **memory.to_json()})


def remembered(
    blob: bytes | None, memory: Mapping[str, Any], rules: HouseRules, boot: str, now: Now
) -> Memory:
    """What pairing knew when Hearth ended, in a house as it is configured now.

    Args:
        blob: what pairing_bytes wrote; None = nothing yet.
        memory: what was written since, at each commit; see Routine.to_json.
    """
    if blob is None:
        return pairing.begin(rules.pairing)
    tree = orjson.loads(blob)
    if memory.get("boot_id") == tree.get("boot_id"):
        tree |= memory.get("looked", {})
    same_boot = tree.get("boot_id") == boot
    return Memory.from_json(tree, rules.pairing, now, same_boot=same_boot)
