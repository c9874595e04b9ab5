"""What creators embed and fans click."""
