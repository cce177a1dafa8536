"""Which restarts of a charger are blamed on its settings."""

import pytest

from drivers.ocpp.suspicion import Suspicion


@pytest.mark.parametrize(
    ("happened", "cause"),
    [
        ([("write", 0), ("boot", 100)], "set HeartbeatInterval"),
        ([("write", 0), ("boot", 200)], None),
        ([("boot", 0), ("boot", 10), ("boot", 20)], None),
        ([("read", 0), ("boot", 9), ("read", 10), ("boot", 19)], None),
        (
            [("read", 0), ("boot", 9), ("read", 10), ("boot", 19), ("read", 20), ("boot", 29)],
            "read",
        ),
        (
            [("read", 0), ("boot", 9), ("read", 10), ("boot", 999), ("read", 1000), ("boot", 1009)],
            None,
        ),
        ([("write", 0), ("boot", 200), ("boot", 210)], None),
    ],
)
def test_a_restart_is_blamed_on_settings_only_if_it_follows_them(
    happened: list[tuple[str, float]], cause: str | None
) -> None:
    suspicion, judged = Suspicion(), None
    for event, mono_s in happened:
        if event == "boot":
            judged = suspicion.booted(mono_s)
        elif event == "read":
            suspicion.reads(mono_s)
        else:
            suspicion.writes("HeartbeatInterval", mono_s)
    assert judged == ("read its settings" if cause == "read" else cause)
