"""An OCPP 1.6J charge point in parts: profiles and keys are pure, box decides, link talks."""
