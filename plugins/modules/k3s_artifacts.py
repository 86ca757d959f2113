"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: k3s_artifacts
short_description: Check the files of an air-gapped k3s on the controller
description:
  - Returns what is to be installed, one row per thing that was looked for, and one sentence per
    fault. It never fails itself.
  - Roles declare the images they need in their meta/airgap.yml.
options:
  directory:
    description:
      - The directory with the files, as a release of k3s names them, and images/*.tar. A relative
        path starts at the current directory; the returned paths are absolute.
    type: str
    required: true
  version:
    description: The version of k3s that they are to be.
    type: str
    required: true
  architecture:
    description: The host's architecture, as releases of k3s name it.
    type: str
    required: true
  checksum:
    description: The SHA-256 that the binary must have; empty if nobody knows it beforehand.
    type: str
  release_url:
    description: Where that release can be downloaded.
    type: str
    required: true
  installed:
    description: The records of what is installed, by file name; what is there is not read again.
    type: dict
  roles:
    description: Names of the roles whose images are to be there.
    type: list
    elements: str
"""
