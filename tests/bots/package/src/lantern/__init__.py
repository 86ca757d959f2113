"""A bot as a package."""
