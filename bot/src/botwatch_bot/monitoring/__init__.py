"""Asking Prometheus and Alertmanager, for the operators' commands."""
