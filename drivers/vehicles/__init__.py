"""Cars whose state arrives over MQTT, whatever gateway brings it; start reading at building.py.

Nothing is imported here: a house without cars loads their settings, config.py, alone. See
docs/vehicles.md.
"""
