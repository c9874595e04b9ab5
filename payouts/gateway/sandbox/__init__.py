"""A payment provider that moves no real money."""
