"""The writes, one module for each use of money."""
