"""How the simulated charge point speaks OCPP 2.0.1."""
