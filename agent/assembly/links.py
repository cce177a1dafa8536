"""The links to devices, out of the installer's file."""

from agent.assembly.brokers import broker_of
from agent.clock import FastClock, SystemClock
from agent.config import Settings
from agent.model.driver import Driver
from agent.store import Store


def build_drivers(settings: Settings, clock: SystemClock | FastClock, store: Store) -> list[Driver]:
    """Every link of the house; what nobody configured is not even imported."""
    drivers: list[Driver] = []
    if settings.devices:
        from drivers.modbus import building
        from drivers.modbus.maps import load_models

        folders = [settings.maps_folder] if settings.maps_folder else []
        models = load_models(folders, {d.driver for d in settings.devices.values()})
        drivers += building.build(settings.devices, models, clock, store.notebook)
    if settings.chargers or "ocpp" in settings.model_fields_set:
        # A house that only has the section waits for its first charger to knock.
        from drivers.ocpp import OcppListener

        drivers.append(
            OcppListener(
                settings.ocpp, settings.chargers, clock, store.transactions, store.notebook
            )
        )
    if settings.vehicles:
        from drivers.vehicles import building as cars

        house = broker_of(settings) if settings.mqtt is not None else None
        connection = f"{settings.mqtt_client_id}-cars"
        drivers += cars.build(settings.vehicles, house, connection, clock, store.notebook)
    return drivers
