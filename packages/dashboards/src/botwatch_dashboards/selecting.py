"""Names of metrics with the labels that narrow them down to what is chosen above a dashboard."""

from __future__ import annotations


def bot(metric: str, *matchers: str) -> str:
    """Select a metric of the bot."""
    return _select(metric, 'job="discord-bot"', 'instance=~"$instance"', *matchers)


def bot_unit(metric: str, *matchers: str) -> str:
    """Select what systemd says of the bot's unit."""
    return _select(metric, 'job="discord-bot-unit"', *matchers)


def bot_container(metric: str) -> str:
    """Select what Kubernetes says of the bot's container."""
    name = "$botwatch_bot_name"
    return _select(metric, f'namespace="{name}"', f'container="{name}"')


def shard(metric: str) -> str:
    """Select a metric of the bot's shards."""
    return bot(metric, 'shard=~"$shard"')


def node(metric: str, *matchers: str) -> str:
    """Select a metric of the node exporter."""
    return _select(metric, 'job="node"', 'node=~"$node"', *matchers)


def kubelet(metric: str, *matchers: str) -> str:
    """Select what the kubelet says of the containers that we watch."""
    return _select(metric, 'job="kubelet"', 'namespace=~"$namespace"', *matchers)


def container(metric: str) -> str:
    """Select what the kubelet says of single containers, not of whole pods and their sandboxes."""
    return kubelet(metric, 'container!~"|POD"')


def pod(metric: str) -> str:
    """Select what the kubelet says of whole pods, which it does beside their containers."""
    return kubelet(metric, 'pod!=""', 'container=""', 'image=""')


def cluster(metric: str, *matchers: str) -> str:
    """Select what Kubernetes says of the objects in the chosen namespaces."""
    return _select(metric, 'namespace=~"$namespace"', *matchers)


def volume(metric: str) -> str:
    """Select what the kubelet says of persistent volumes."""
    return _select(metric, 'job="kubelet-volumes"', 'namespace=~"$namespace"')


def alertmanager(metric: str, *matchers: str) -> str:
    """Select a metric of Alertmanager."""
    return _select(metric, 'job="alertmanager"', *matchers)


def prometheus(metric: str, *matchers: str) -> str:
    """Select a metric of Prometheus about itself."""
    return _select(metric, 'job="prometheus"', *matchers)


def probe(metric: str) -> str:
    """Select a metric of the delivery probe."""
    return _select(f"botwatch_delivery_probe_{metric}", 'job="delivery-probe"')


def firing(service: str) -> str:
    """Select the alerts of a service that fire."""
    return _select("ALERTS", 'alertstate="firing"', f'service="{service}"', 'severity!="none"')


def _select(metric: str, *matchers: str) -> str:
    return f"{metric}{{{', '.join(matchers)}}}"
