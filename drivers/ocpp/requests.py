"""Our requests, checked by the schemas of the `ocpp` package.

Tolerant is Hearth only towards others: a frame of its own that breaks the schema is not sent.
"""

from dataclasses import dataclass
from typing import Any

from agent.model.driver import Refused
from drivers.ocpp.schemas import faults, schema_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    action: str
    payload: dict[str, Any]


def checked(action: str, payload: dict[str, Any], version: str) -> Request:
    """The request, if it is one.

    Args:
        version: 1.6 or 2.0.1.

    Raises:
        Refused: it breaks the schema, which is a fault of ours that repeating does not mend.
    """
    fault = next(faults(payload, schema_of(action, version)), None)
    if fault is not None:
        raise Refused(f"Hearth made an invalid {action}: {fault}")
    return Request(action=action, payload=payload)
