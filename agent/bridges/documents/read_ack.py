"""What the cloud has stored for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.payload import parse

MOST_SERIES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Args:
    ack_seq: all events up to it are stored; 0 = none yet.
    telemetry: "type/id" -> aware instant up to which all samples are stored.
    """

    boot_id: str
    ack_seq: int
    telemetry: Mapping[str, datetime]


def read_ack(payload: bytes) -> Ack:
    """Raises:
    Unreadable
    """
    fields = parse(payload)
    stored = fields.find_part("telemetry") or Fields({})
    if len(stored.values) > MOST_SERIES:
        raise fields.fault("telemetry", "has too many entries", f"give at most {MOST_SERIES}")
    return Ack(
        boot_id=fields.text("bootId"),
        ack_seq=fields.integer("ackSeq", 0),
        telemetry={name: stored.instant(name) for name in stored.values},
    )
