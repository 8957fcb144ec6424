"""Prints how many nanoseconds a GET with requests takes, for each address on the
command line, as a JSON array."""

import json
import statistics
import sys
import time

import requests

WARM_UP = 50
SERIES = 21
SERIES_TIME = 20e6  # ns, about

session = requests.Session()
session.trust_env = False  # no proxies, as for the others
session.headers["Accept"] = "application/json"


def duration(n, url):
    start = time.perf_counter_ns()
    for _ in range(n):
        response = session.get(url)
        response.raise_for_status()
        if not response.json()["@id"]:
            raise ValueError(f"{url}: no object")
    return (time.perf_counter_ns() - start) / n


def median(url):
    n = max(1, round(SERIES_TIME / duration(WARM_UP, url)))
    return statistics.median(duration(n, url) for _ in range(SERIES))


print(json.dumps([median(url) for url in sys.argv[1:]]))
