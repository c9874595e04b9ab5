"""Writes about sites, buttons and clicks."""
