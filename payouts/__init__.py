"""Every cent: in, split, settled, out, explained."""
