"""Smart charging."""
