"""English: half of its readers take 03/04 for March, the other half for April."""

SHORT_DATE_FORMAT = "M j, Y"
