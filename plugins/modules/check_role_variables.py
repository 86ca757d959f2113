"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: check_role_variables
short_description: Check the variables of several roles before anything is changed
description:
  - Fails with one sentence per fault, each naming the variable, the cause and the remedy.
options:
  roles:
    description: Names of the roles to check.
    type: list
    elements: str
    required: true
"""
