"""What other people's pages show of us, and where it leads."""
