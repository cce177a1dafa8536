"""How good own forecasts are, beside what anybody could guess from yesterday."""
