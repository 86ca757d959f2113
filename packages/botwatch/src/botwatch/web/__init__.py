"""The HTTP side: metrics, probes and drills on one port."""
