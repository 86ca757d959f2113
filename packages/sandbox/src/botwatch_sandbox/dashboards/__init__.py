"""The dashboards of Grafana, drawn from Prometheus alone: for where there is no Grafana."""
