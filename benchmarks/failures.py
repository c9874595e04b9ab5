"""What ends a run."""


class UnableToMeasure(RuntimeError):
    """Something doesn't work, or what was measured isn't what it claims to be; a figure would say nothing."""
