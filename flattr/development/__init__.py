"""What a checkout needs to run on a bare machine; production uses none of it."""
