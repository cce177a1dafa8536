"""How the simulated charge point speaks OCPP 1.6J."""
