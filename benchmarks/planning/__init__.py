"""How much of what could be saved do plans save? Scenarios of many kinds, a bound, five ways."""
