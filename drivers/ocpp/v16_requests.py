"""Our requests of OCPP 1.6, made of the `ocpp` package's classes."""

from typing import Any

from drivers.ocpp.requests import Request, checked

VERSION = "1.6"


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
    """Args:
    message: a call class of the package.
    """
    from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case

    payload = snake_to_camel_case(remove_nones(serialize_as_dict(message)))
    return checked(type(message).__name__, payload, VERSION)
