"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: check_vault_password
short_description: Refuse a vault password that everyone can read
description:
  - Fails if a vault password is the text of a script, or the demo's password from another file.
options: {}
"""
