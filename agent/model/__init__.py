"""What the house is made of, as plain values. Knows nothing but the standard library."""
