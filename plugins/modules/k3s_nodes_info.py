"""Name the nodes of the cluster whose server runs on a host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: k3s_nodes_info
short_description: Name the nodes of the cluster whose server runs on a host
description:
  - There are none where no k3s is installed yet.
options:
  required:
    description: Whether an API that does not answer is a failure. Otherwise there are no nodes.
    type: bool
    default: true
"""

RETURN = """
nodes:
  description: The name of each node and the ID of its machine, as its kubelet reports them.
  type: list
  elements: dict
  returned: success
"""

PROGRAM = "/usr/local/bin/k3s"
ASK = ("kubectl", "--request-timeout=30s", "get", "nodes", "--output=json")


def nodes_in(answer: str) -> list[dict[str, str]]:
    """Read the answer of kubectl."""
    return [
        {
            "name": item["metadata"]["name"],
            "machine_id": item.get("status", {}).get("nodeInfo", {}).get("machineID", ""),
        }
        for item in json.loads(answer)["items"]
    ]


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={"required": {"type": "bool", "default": True}}, supports_check_mode=True
    )
    nodes: list[dict[str, Any]] = []
    if Path(PROGRAM).exists():
        code, output, errors = module.run_command([PROGRAM, *ASK])
        if code == 0:
            nodes = nodes_in(output)
        elif module.params["required"]:
            said = (errors or output).strip().splitlines() or [f"exit code {code}"]
            module.fail_json(
                msg=f"The cluster's API does not answer ({said[-1]}), so the names of its nodes are"
                " not known: see `systemctl status k3s` and `journalctl -u k3s` on its server."
            )
    module.exit_json(changed=False, nodes=nodes)


if __name__ == "__main__":
    main()
