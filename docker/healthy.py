#!/usr/bin/env python
"""`healthy.py raylet|head|train`: exits with 1 unless that part of a run answers in this container.

Plain HTTP, because `ray health-check` takes seconds of CPU to load Ray, and asks about the head alone.
"""

import sys
from http.client import HTTPConnection, HTTPException

_RAYLET = (52365, "/api/local_raylet_healthz")
PARTS = {
    "raylet": [_RAYLET],
    "head": [_RAYLET, (8265, "/api/gcs_healthz")],
    "train": [(9100, "/metrics")],
}
"""Ports and paths that must answer, by part; Ray requires no token on these."""


def healthy(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not all(healthy(port, path) for port, path in PARTS[sys.argv[1]]))
