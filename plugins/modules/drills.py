"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: drills
short_description: Break a host on purpose and time the notification
description:
  - Shows what the drills say while they run.
  - Which bot is broken, and what is known of it, is read from the rules of the host's Prometheus.
options:
  names:
    description: Names of drills, separated by commas; all that the host can have if it is empty.
    type: str
  runs:
    description: How often each runs; as often as is usual for it if it is empty.
    type: str
  runtime:
    description: How the bot runs on the host.
    choices: [systemd, k3s]
    required: true
  control_room:
    description: The address of the control room; empty where there is none and the host is asked.
    type: str
  addresses:
    description: The addresses of bot, prometheus and alertmanager on the host.
    type: dict
    required: true
  report:
    description: The path of the JSON report on the controller.
    type: path
    required: true
"""
