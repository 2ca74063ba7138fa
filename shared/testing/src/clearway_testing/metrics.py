"""The value of a metric of this process."""

from prometheus_client import REGISTRY


def sample(name: str, **labels: str) -> float:
    """The value of one sample by its full name, as `..._total` of a counter; 0 when it was never set."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
