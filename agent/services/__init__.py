"""What Hearth asks of services outside the house; without them it only knows less."""
