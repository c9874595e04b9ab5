"""What the design's targets are measured with: `make bench`. Production uses none of it."""
