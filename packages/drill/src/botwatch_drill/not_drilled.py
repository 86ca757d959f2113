"""Alerts that no drill provokes, each with the reason; the tests of the rules must do for these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_DRILLED: Mapping[str, str] = {
    "DiscordBotNeedDown": "what the bot needs may serve others, so no drill stops it",
    "DiscordBotJobStale": "only a bot that has loops can fail in one, and the sample has none",
    "AlertDeliverySlow": "it takes a slow machine, and that slows the drill as well",
    "DiscordBotDeaf": "the bot tests and reconnects a quiet connection, so it takes a bug in that",
    "KubernetesCertificateExpiring": "it takes a certificate about to end, or a wrong clock",
    "KubernetesContainerOutOfMemory": "what uses up a container's memory may end its whole node",
    "KubernetesDeploymentNotAvailable": "it takes minutes without a part of the cluster itself",
    "KubernetesNodeNotReady": "whoever would tell of it runs on that node",
    "KubernetesPodCrashLooping": "the bot's crash loop is drilled, and it is the same measurement",
    "KubernetesPodRestarted": "the bot's restart is drilled, and it is the same measurement",
    "KubernetesVolumeFillingUp": "the volumes are the monitoring's own, which ends with them",
    "NodeClockSkewed": "a wrong clock breaks TLS, tokens and every measurement of the drill",
    "NodeDown": "it is about agent nodes of a cluster, which not every stack has",
    "NodeLoadHigh": "a quarter of an hour of load would slow down the bot that people use",
    "NodeMemoryExhaustion": "using up a host's memory ends whatever runs on it",
    "NodeMemoryLow": "using up a host's memory ends whatever runs on it",
    "Watchdog": "it always fires; that it stops is for whoever gets the heartbeat",
    "AlertDeliveryProbe": "the delivery probe provokes it every few minutes, and times it",
}
