"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: check_collections
short_description: Fail if a collection of requirements.yml is not installed
description:
  - Looks where Ansible itself does; versions are not compared.
options: {}
"""
