"""Measures how long an alert takes from the fault to the message, again and again."""
