"""Queries to Prometheus and Alertmanager, for the operators' commands."""
