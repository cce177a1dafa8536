"""The best plan for the hours ahead: a problem in, a solution out. Pure."""
