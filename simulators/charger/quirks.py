"""What real boxes do wrong, by name; each can be switched on."""

import math

from simulators.charger.profiles import TX_DEFAULT, Profile

QUIRKS = {
    "no-composite": "answers GetCompositeSchedule with NotImplemented",
    "zero-ends-tx": "ends the transaction when the limit falls below 6 A",
    "late-status": "reports a status 20 s after the fact",
    "duplicate-start": "sends every StartTransaction twice",
    "string-numbers": "writes meter readings of transactions as strings",
    "ignore-profiles": "accepts profiles and does not obey them",
    "ignore-phases": "accepts numberPhases and does not obey it",
    "ends-tx-on-switch": "ends the transaction when it changes between one phase and three",
    "only-stack-0": "refuses profiles above stack level 0",
    "no-valid-to": "refuses profiles with validFrom or validTo",
    "no-tx-default": "refuses TxDefaultProfile",
    "empty-vendor": "has no vendor name",
    "boot-on-reconnect": "sends BootNotification after each reconnect",
}


def refuses(quirks: frozenset[str], profile: Profile) -> bool:
    """Whether a box with these faults does not take a profile."""
    dated = math.isfinite(profile.valid_from_s) or math.isfinite(profile.valid_to_s)
    return (
        ("only-stack-0" in quirks and profile.stack > 0)
        or ("no-valid-to" in quirks and dated)
        or ("no-tx-default" in quirks and profile.purpose == TX_DEFAULT)
    )
