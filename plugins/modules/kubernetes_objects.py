"""Documentation of the action of the same name, which runs on the controller."""

DOCUMENTATION = """
module: kubernetes_objects
short_description: Make a role's Kubernetes objects as declared
description:
  - Compares the declared objects with those in the cluster, makes them as declared if they differ
    (by a server-side apply as the field manager botwatch; of workloads that exist, the whole
    specification is replaced), and deletes those that the role no longer declares. They are sent
    through kubectl's input; with pipelining, on no disk.
  - Gives changed_objects (made or changed), created_objects and pruned_objects, as texts such as
    "ConfigMap monitoring/prometheus-config".
options:
  owner:
    description: The role that declares the objects; becomes their label botwatch/role.
    type: str
    required: true
  templates:
    description: The role's templates with the objects, as YAML of one or several documents.
    type: list
    elements: str
    default: []
  contents:
    description:
      - ConfigMaps and Secrets made of files, each with a kind, namespace, name and files as
        files_in_place takes them. The keys are the files' names; directories are left out.
      - checked_in names a pod and a directory that it can write to, where the files' validate
        commands check them before anything is changed, if the pod runs.
    type: list
    elements: dict
    default: []
  objects:
    description:
      - Further objects, as they were read from the cluster before, for a rollback.
    type: list
    elements: dict
    default: []
  keep:
    description:
      - Kinds whose objects stay when they are no longer declared. Those that are not in this
        plugin's list (plugins/kubernetes/cluster.py), such as namespaces and volumes, always stay.
    type: list
    elements: str
    default: []
  kubectl:
    description: The command on the host.
    type: str
    default: /usr/local/bin/k3s kubectl
"""
