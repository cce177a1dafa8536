"""Services that know what the sun will give."""
