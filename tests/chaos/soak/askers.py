"""Those who ask a mesh all the while: processes of their own, each of which writes down what it was told and how long that took."""

import json
import multiprocessing
import random
import time

import httpx
from flight import connect

LIGHT = "select count(*) n, sum(amount) total from sales.orders.lines"
# All threes of orders of one amount: some work, and an answer that can be told beforehand.
HEAVY = (
    "select count(*) n, sum(a.amount) total from sales.orders.lines a"
    " join sales.orders.lines b on a.amount = b.amount join sales.orders.lines c on b.amount = c.amount"
)
PAGES = [
    "/", "/api/v1/home", "/api/v1/products/sales/orders", "/api/v1/ports/sales/orders/lines", "/api/v1/search?q=orders",
    "/api/v1/ports/sales/summary/totals/contract", "/api/v1/runs?limit=20", "/api/v1/lineage?focus=sales.summary",
]


class Asker:
    """Asks until it is told to stop. Each line of its file is one question: when it was put, its answer or error, its seconds."""

    def __init__(self, name, folder, ask, *arguments):
        self.name, self.file = name, folder / f"{name}.jsonl"
        context = multiprocessing.get_context("spawn")
        self.stopped = context.Event()
        self.process = context.Process(target=ask, args=(self.file, self.stopped, *arguments), daemon=True)
        self.process.start()

    def stop(self):
        self.stopped.set()
        self.process.join(60)
        assert self.process.exitcode == 0, f"{self.name} ended with {self.process.exitcode}"

    def asked(self):
        """What it wrote; the last line may be half there while it runs."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]


def noted(file, stopped, pause, ask):
    """Asks, notes, and waits for so many seconds, again and again."""
    with open(file, "w", buffering=1) as out:
        while not stopped.is_set():
            at, began = time.time(), time.monotonic()
            try:
                told = {"answer": ask()}
            except Exception as error:  # Whatever it is, the judge reads it.
                told = {"error": f"{type(error).__name__}: {error}"}
            out.write(json.dumps({"at": at, **told, "seconds": time.monotonic() - began}) + "\n")
            stopped.wait(pause)


def by_flight(file, stopped, server, token, sql, pause):
    """One query over one connection of Flight SQL."""
    with connect(server, token=token) as connection:

        def ask():
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return [str(value) for value in cursor.fetchone()]

        noted(file, stopped, pause, ask)


def of_the_past(file, stopped, server, token, instants, pause):
    """The light query as of a moment of which it is known what was served: read from the store, since only what is new is kept."""
    chosen = random.Random(1)

    def ask():
        known = [json.loads(line) for line in instants.read_text().splitlines()]
        then = chosen.choice(known)
        said = client.post("/api/v1/sql", json={"sql": LIGHT, "asOf": then["instant"]})
        if said.status_code != 200:
            raise OSError(said.text[:400])
        return {"revision": then["revision"], "told": [str(value) for value in said.json()["rows"][0]]}

    with httpx.Client(base_url=server.http, headers={"authorization": f"Bearer {token}"}, timeout=120) as client:
        noted(file, stopped, pause, ask)


def of_pages(file, stopped, server, token, pause):
    """One of the pages, or of what they are made of."""
    chosen = random.Random(2)

    def ask():
        page = chosen.choice(PAGES)
        said = client.get(page)
        if said.status_code != 200:
            raise OSError(f"{page}: {said.status_code} {said.text[:200]}")
        return page

    with httpx.Client(base_url=server.http, headers={"authorization": f"Bearer {token}", "accept": "text/html, */*"}, timeout=60) as client:
        noted(file, stopped, pause, ask)
