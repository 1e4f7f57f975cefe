"""Rehearse the loss of the home site and measure what the embassy saves."""

__version__ = "0.1.0"
