"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: packages_installed
short_description: Install packages with apt, refreshing its lists first where needed
description:
  - Refreshes the lists before the first installation, and once more where the lists name what the
    mirror does not have. A source that fails is a warning; it is named where packages are missing.
  - Packages that are among the facts, as the preflight gathers them, are not asked for again.
  - No package starts its service, which would listen on every address until it is configured.
  - In check mode, packages that empty or old lists do not name count as a change.
options:
  name:
    description: Names of packages, with a version (name=version) where it matters.
    type: list
    elements: str
    required: true
"""
