"""The book: append-only transfers between pots of money."""
