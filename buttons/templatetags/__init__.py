"""Tags about sharing."""
