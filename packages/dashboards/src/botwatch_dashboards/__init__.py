"""The dashboards of botwatch, written as code: `make dashboards` turns them into Grafana's JSON."""
