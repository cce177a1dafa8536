"""What real boxes do wrong, by name; each can be switched on."""

QUIRKS = {
    "no-composite": "answers GetCompositeSchedule with NotImplemented",
    "zero-ends-tx": "ends the transaction when the limit falls below 6 A",
    "late-status": "reports a status 20 s after the fact",
    "duplicate-start": "sends every StartTransaction twice",
    "string-numbers": "writes meter readings of transactions as strings",
    "ignore-profiles": "accepts profiles and does not obey them",
    "only-stack-0": "refuses profiles above stack level 0",
    "no-valid-to": "refuses profiles with validFrom or validTo",
    "no-tx-default": "refuses TxDefaultProfile",
    "empty-vendor": "has no vendor name",
    "boot-on-reconnect": "sends BootNotification after each reconnect",
}
