"""Config files of the houses that are measured."""

from collections.abc import Mapping, Sequence

HOUSE = "house:\n  timezone: Europe/Berlin\n  fuse_a: 63\n"


def chargers(identities: Sequence[str], ocpp_port: int) -> str:
    """Chargers in mode fast, named after their identities in small letters."""
    lines = ["ocpp:", "  listen: 127.0.0.1", f"  port: {ocpp_port}", "chargers:"]
    for identity in identities:
        lines += [f"  {identity.lower()}:", f"    identity: {identity}"]
    return "\n".join(lines) + "\n"


def devices(ports: Mapping[str, tuple[str, int]], poll_s: float = 1.0) -> str:
    """Modbus devices on this machine: name -> driver and port."""
    lines = ["devices:"]
    for name, (driver, port) in ports.items():
        lines += [f"  {name}:", f"    driver: {driver}", "    host: 127.0.0.1"]
        lines += [f"    port: {port}", f"    poll_s: {poll_s:g}"]
        if driver == "eastron_sdm630":
            lines += ["    framer: socket"]
    return "\n".join(lines) + "\n"


def unreachable(ocpp_port: int, dead_port: int) -> str:
    """Two chargers that never come, three devices and a broker where nobody answers."""
    dead = {
        "grid": ("eastron_sdm630", dead_port),
        "roof": ("huawei_sun2000", dead_port + 1),
        "cellar": ("victron_gx", dead_port + 2),
    }
    return (
        HOUSE
        + "  grid_meter: grid\n"
        + chargers(["CP001", "CP002"], ocpp_port)
        + devices(dead)
        + f"mqtt:\n  host: 127.0.0.1\n  port: {dead_port + 3}\n"
    )


def cars_and_cloud(dead_port: int) -> str:
    """Two cars of the house's broker, and a cloud where nobody answers either."""
    return (
        "vehicles:\n"
        "  family_car:\n    source: teslamate\n    id: 1\n    capacity_kwh: 58\n"
        "  city_car:\n    source: ovms\n    topic: ovms/house/CITY\n    capacity_kwh: 40\n"
        f"cloud:\n  host: 127.0.0.1\n  port: {dead_port}\n  tls: false\n  agent_id: house\n"
    )
