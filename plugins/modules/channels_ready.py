"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: channels_ready
short_description: Ask the channels of several roles whether they would accept a message
description:
  - Reads the channels that roles declare, and asks them from the host; see the module ask_channels.
options:
  roles:
    description: Names of the roles whose channels are asked.
    type: list
    elements: str
    default: []
  channels:
    description: Further channels to ask, as the module ask_channels takes them.
    type: list
    elements: dict
    default: []
  ca_certificates:
    description: CA certificates, as PEM, to trust beside those of the distribution.
    type: str
    default: ""
  required:
    description: Whether a dead channel is a failure; a warning otherwise.
    type: bool
    default: true
  quiet:
    description: Whether to leave out the warnings, for a task that judges the verdicts itself.
    type: bool
    default: false
"""
