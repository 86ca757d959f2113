"""Say what a bot's source is, and how it starts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.bots import Bot, is_git, is_sample_image, read_bot
from ..plugin_utils.clones import CloneError, cloned

DOCUMENTATION = """
name: bot_source
short_description: Say what a bot's source is, and how it starts
description:
  - Returns, for a directory or the address of a git repository, C(tree), C(is_git), C(kind),
    C(command), C(fault), C(uses_library) and C(token_variable).
  - The C(tree) of a repository is below the user's cache. If it is not there yet, it is cloned, so
    that every play knows what the bot is; the preflight checks bring it up to date.
options:
  _terms:
    description: Directories or addresses of git repositories.
    required: true
  command:
    description: How the bot starts; empty to find that out.
    type: list
    elements: str
    default: []
  dockerfile:
    description: The Dockerfile that is used if the tree has it; empty for none.
    type: str
    default: ""
  image:
    description: A ready image of the bot; the source matters only if that is one of the sample bot.
    type: str
    default: ""
  version:
    description: The tag, branch or commit of a repository.
    type: str
    default: ""
"""


class LookupModule(LookupBase):
    """Return what each source is."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[dict[str, Any]]:
        """Look at each source; see DOCUMENTATION."""
        self.set_options(var_options=variables, direct=options)
        return [self._look(term) for term in terms]

    def _look(self, source: str) -> dict[str, Any]:
        command = [str(word) for word in self.get_option("command")]
        if (image := self.get_option("image")) and not is_sample_image(image):
            return {"tree": "", "is_git": False, **asdict(Bot("image", command))}
        remote = is_git(source)
        try:
            tree = (
                cloned(source, self.get_option("version"))
                if remote
                else Path(source).expanduser().resolve()
            )
            bot = read_bot(tree, command, self.get_option("dockerfile"))
        except CloneError as error:
            raise AnsibleLookupError(str(error)) from error
        except ValueError as error:
            bot = Bot("", command, str(error))
        return {"tree": str(tree), "is_git": remote, **asdict(bot)}
