"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: workloads_ready
short_description: Wait until Deployments, StatefulSets and DaemonSets run as declared
description:
  - Asks once a second, in all namespaces. Changes nothing; a dry run does not wait.
  - Pods on nodes that do not report any more do not count.
  - Fails before the time is over if a container can no longer start by itself, or pods are left on
    a node that has been gone for longer than Kubernetes takes to move them.
  - Gives waited_s.
options:
  timeout_s:
    description: How long to wait, in seconds.
    type: int
    default: 180
  leaving_s:
    description:
      - How much longer, in seconds, pods may take to go that others are to take the place of. The
        kubelet of older versions keeps the object of a pod that has ended for up to a minute.
    type: int
    default: 0
  selector:
    description: The labels of the workloads to wait for.
    type: str
    default: app.kubernetes.io/managed-by=botwatch
  kubectl:
    description: The command on the host.
    type: str
    default: /usr/local/bin/k3s kubectl
"""
