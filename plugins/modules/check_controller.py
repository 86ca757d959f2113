"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: check_controller
short_description: Fail if the controller lacks a collection or a secret vault password
description:
  - Looks for the collections of requirements.yml where Ansible itself does; versions are not
    compared.
  - Refuses a vault password that is the text of a script, or the demo's from another file.
options: {}
"""
