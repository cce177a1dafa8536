"""What a simulated charge point does in any version of OCPP."""
