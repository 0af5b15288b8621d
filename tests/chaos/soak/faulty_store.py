"""The S3 store of the tests, which fails as it is told at `/_weather`: some requests, slowly, or half-way through what they read."""

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "interop"))
from one_at_a_time import answer, serve  # noqa: E402

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

# Shares of the requests that are refused and of the reads that break off, and seconds that each request waits.
weather = {"refused": 0.0, "broken": 0.0, "wait": 0.0}
chance = random.Random(1)


def faulty(environ, begin):
    if environ["PATH_INFO"] == "/_weather":
        weather.update(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        begin("204 No Content", [])
        return [b""]
    time.sleep(weather["wait"])
    if chance.random() < weather["refused"]:
        begin("503 Slow Down", [("Content-Type", "application/xml"), ("Content-Length", str(len(SLOW_DOWN)))])
        return [SLOW_DOWN]
    body = answer(environ, begin)
    if environ["REQUEST_METHOD"] == "GET" and chance.random() < weather["broken"]:
        # The header promised all of it.
        return [part[: len(part) // 2] for part in body]
    return body


serve(int(sys.argv[1]), faulty)
