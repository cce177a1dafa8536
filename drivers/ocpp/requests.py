"""Our requests of OCPP 1.6, made of the `ocpp` package's classes and checked by its schemas.

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


def set_charging_profile(connector: int, profile: dict[str, Any]) -> Request:
    from ocpp.v16 import call

    return _checked(call.SetChargingProfile(connector_id=connector, cs_charging_profiles=profile))


def get_composite_schedule(connector: int, duration_s: int, unit: str | None) -> Request:
    from ocpp.v16 import call
    from ocpp.v16.enums import ChargingRateUnitType

    return _checked(
        call.GetCompositeSchedule(
            connector_id=connector,
            duration=duration_s,
            charging_rate_unit=None if unit is None else ChargingRateUnitType(unit),
        )
    )


def remote_start(connector: int, id_tag: str) -> Request:
    from ocpp.v16 import call

    return _checked(call.RemoteStartTransaction(id_tag=id_tag, connector_id=connector))


def remote_stop(transaction_id: int) -> Request:
    from ocpp.v16 import call

    return _checked(call.RemoteStopTransaction(transaction_id=transaction_id))


def trigger(message: str, connector: int | None) -> Request:
    from ocpp.v16 import call
    from ocpp.v16.enums import MessageTrigger

    return _checked(
        call.TriggerMessage(requested_message=MessageTrigger(message), connector_id=connector)
    )


def get_configuration(keys: list[str]) -> Request:
    from ocpp.v16 import call

    return _checked(call.GetConfiguration(key=keys))


def change_configuration(key: str, value: str) -> Request:
    from ocpp.v16 import call

    return _checked(call.ChangeConfiguration(key=key, value=value))


def load() -> None:
    """Load the classes and schemas now (60 ms) rather than with the first command."""
    set_charging_profile(
        1,
        {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0.0}],
            },
        },
    )


def _checked(message: object) -> Request:
    """The message as action and payload.

    Raises:
        Refused: it breaks the schema, which is a fault of ours that repeating does not mend.
    """
    from jsonschema import ValidationError
    from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case
    from ocpp.messages import get_validator

    action = type(message).__name__
    payload: dict[str, Any] = snake_to_camel_case(remove_nones(serialize_as_dict(message)))
    validator = get_validator(CALL_TYPE, action, "1.6", parse_float=Decimal)
    # limits are multiples of 0.1, which holds for decimals and not for floats
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    try:
        validator.validate(exact)
    except ValidationError as error:
        raise Refused(f"Hearth made an invalid {action}: {error.message}") from error
    return Request(action=action, payload=payload)
