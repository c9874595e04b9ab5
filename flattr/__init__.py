"""The ground floor that every app stands on."""
