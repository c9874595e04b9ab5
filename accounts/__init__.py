"""People and what they promised."""
