"""Our requests, checked by the schemas of the `ocpp` package.

Tolerant is Hearth only towards others: a frame of its own that breaks the schema is not sent.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.model.driver import Refused

CALL_TYPE = 2


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
    from jsonschema import ValidationError
    from ocpp.messages import get_validator

    validator = get_validator(CALL_TYPE, action, version, parse_float=Decimal)
    # limits of 1.6 are multiples of 0.1, which holds for decimals and not for floats
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    try:
        validator.validate(exact)
    except ValidationError as error:
        raise Refused(f"Hearth made an invalid {action}: {error.message}") from error
    return Request(action=action, payload=payload)
