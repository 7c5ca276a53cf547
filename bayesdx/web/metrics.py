"""Counters of a server as OpenMetrics text. No label comes from a client: routes are templates, names are ours."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import accumulate
from threading import Lock

MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
#: Upper ends of the buckets of durations, in seconds (those of OpenTelemetry's http.server.request.duration).
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Requests by method, route and status with their durations, and queries by network and prior set."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets: dict[Labels, list[int]] = {}
        self._seconds: defaultdict[Labels, float] = defaultdict(float)
        self._queries: Counter[Labels] = Counter()
        self.in_flight = 0

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that is done."""
        labels = (
            ("http_request_method", method),
            ("http_route", route),
            ("http_response_status_code", str(status)),
        )
        with self._lock:
            buckets = self._buckets.setdefault(labels, [0] * (len(BOUNDS) + 1))
            buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds[labels] += seconds

    def query(self, network: str, prior: str, cases: int = 1) -> None:
        """Count cases that were put to a network under a prior set."""
        with self._lock:
            self._queries[("network", network), ("prior", prior)] += cases

    def text(self) -> str:
        """Everything, in the text format of OpenMetrics 1.0."""
        with self._lock:
            buckets = {labels: list(counts) for labels, counts in self._buckets.items()}
            seconds, queries = dict(self._seconds), dict(self._queries)
        name = "http_server_request_duration_seconds"
        lines = [f"# TYPE {name} histogram", f"# UNIT {name} seconds", f"# HELP {name} Duration of requests."]
        for labels, counts in buckets.items():
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), accumulate(counts), strict=True):
                lines.append(f"{name}_bucket{_braces((*labels, ('le', bound)))} {count}")
            lines += [
                f"{name}_count{_braces(labels)} {sum(counts)}",
                f"{name}_sum{_braces(labels)} {seconds[labels]:.6f}",
            ]
        active = "http_server_active_requests"
        lines += [f"# TYPE {active} gauge", f"# HELP {active} Requests that are being answered."]
        lines += [f"{active} {self.in_flight}"]
        asked = "bayesdx_queries"
        lines += [f"# TYPE {asked} counter", f"# HELP {asked} Cases that were put to a network."]
        lines += [f"{asked}_total{_braces(labels)} {count}" for labels, count in queries.items()]
        return "\n".join([*lines, "# EOF"]) + "\n"


def _braces(labels: Labels) -> str:
    escaped = ((key, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for key, value in labels)
    return "{" + ",".join(f'{key}="{value}"' for key, value in escaped) + "}"
