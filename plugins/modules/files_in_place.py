"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: files_in_place
short_description: Put several files and directories in place
description:
  - Looks at all files at once and changes those that differ, in the order given.
options:
  files:
    description:
      - Each has a dest, a mode, an owner and group (root unless said otherwise), and one of src (a
        template), content, and state=directory; or a dest and state=absent. validate is the
        command that checks a file before anything is changed. With delimiters=square, [[ ]] and
        [% %] are read and {{ }} is left.
    type: list
    elements: dict
    required: true
  exclusive:
    description: Directories that are to hold no files but the given ones; others are removed.
    type: list
    elements: str
    default: []
  unit:
    description:
      - The systemd unit that reads the files. One that has not read them since they were written,
        as the run that wrote them was interrupted, counts as a change, so that its handler runs.
    type: str
  read_at:
    description: When the unit reads the files.
    choices: [start, reload]
    default: start
  found:
    description:
      - What the module files_info found of the files, directories and the unit, where an earlier
        task has asked it about those of several tasks at once.
    type: dict
"""

RETURN = """
changed_files:
  description: The files that were changed.
  type: list
  elements: str
  returned: always
unread_files:
  description: The files that were written after the unit has read them last.
  type: list
  elements: str
  returned: always
unit_is_up:
  description: Whether the unit was active and enabled before anything was changed.
  type: bool
  returned: if a unit is given
"""
