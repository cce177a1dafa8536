"""Our requests of OCPP 2.0.1, which 2.1 knows as well."""

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.ocpp.requests import Request, checked

VERSION = "2.0.1"
PURPOSES = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}
"""Purposes of 1.6 that have another name."""
ReportData = Mapping[str, Any]


def set_charging_profile(evse: int, profile: dict[str, Any], transaction: str | None) -> Request:
    """Args:
    profile: csChargingProfiles of 1.6.
    transaction: as the charger calls it, if the profile is of one.
    """
    from ocpp.v201 import call

    return _checked(
        call.SetChargingProfile(evse_id=evse, charging_profile=of_201(profile, transaction))
    )


def of_201(profile: dict[str, Any], transaction: str | None) -> dict[str, Any]:
    """A chargingProfile from csChargingProfiles of 1.6."""
    number, purpose = profile["chargingProfileId"], profile["chargingProfilePurpose"]
    converted: dict[str, Any] = {
        "id": number,
        "stackLevel": profile["stackLevel"],
        "chargingProfilePurpose": PURPOSES.get(purpose, purpose),
        "chargingProfileKind": profile["chargingProfileKind"],
        "chargingSchedule": [{"id": number, **profile["chargingSchedule"]}],
    }
    converted |= {name: profile[name] for name in ("validFrom", "validTo") if name in profile}
    if "transactionId" in profile and transaction is not None:
        converted["transactionId"] = transaction
    return converted


def get_composite_schedule(evse: int, duration_s: int, unit: str | None) -> Request:
    from ocpp.v201 import call
    from ocpp.v201.enums import ChargingRateUnitEnumType

    return _checked(
        call.GetCompositeSchedule(
            evse_id=evse,
            duration=duration_s,
            charging_rate_unit=None if unit is None else ChargingRateUnitEnumType(unit),
        )
    )


def start_transaction(evse: int, id_tag: str, number: int) -> Request:
    """Args:
    number: remoteStartId, another one each time.
    """
    from ocpp.v201 import call

    token = {"idToken": id_tag, "type": "Central"}
    return _checked(
        call.RequestStartTransaction(id_token=token, remote_start_id=number, evse_id=evse)
    )


def stop_transaction(transaction: str) -> Request:
    from ocpp.v201 import call

    return _checked(call.RequestStopTransaction(transaction_id=transaction))


def get_transaction_status(transaction: str) -> Request:
    from ocpp.v201 import call

    return _checked(call.GetTransactionStatus(transaction_id=transaction))


def trigger(message: str, evse: dict[str, int] | None) -> Request:
    from ocpp.v201 import call
    from ocpp.v201.enums import MessageTriggerEnumType

    return _checked(
        call.TriggerMessage(requested_message=MessageTriggerEnumType(message), evse=evse)
    )


def get_variables(variables: Sequence[ReportData]) -> Request:
    """Args:
    variables: each with its component, see v201_variables.
    """
    from ocpp.v201 import call

    return _checked(call.GetVariables(get_variable_data=list(variables)))


def set_variable(variable: ReportData, value: str) -> Request:
    from ocpp.v201 import call

    data = {"attributeValue": value, **variable}
    return _checked(call.SetVariables(set_variable_data=[data]))


def get_base_report(number: int) -> Request:
    from ocpp.v201 import call
    from ocpp.v201.enums import ReportBaseEnumType

    report = ReportBaseEnumType.configuration_inventory
    return _checked(call.GetBaseReport(request_id=number, report_base=report))


def load() -> None:
    """Load the classes and schemas now (70 ms) rather than with the first command."""
    get_composite_schedule(1, 60, None)
    stop_transaction("none")


def _checked(message: object) -> Request:
    return checked(message, VERSION)
