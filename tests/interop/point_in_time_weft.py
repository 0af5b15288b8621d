"""Cases of point-in-time joins as products of a mesh, and what Weft answers."""

from contextlib import contextmanager

import pyarrow.parquet as pq

from flight import connect
from point_in_time_cases import KEYS, TTLS, shown
from weft import Repository, Server, begin


@contextmanager
def served(folder, tables):
    """A connection to a mesh in which each of the tables, by name, is a port `cases.NAME.rows`."""
    begin("repo", folder / "mesh")
    begin("domain", "cases", cwd=folder / "mesh")
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
        begin("product", f"cases.{name}", "--from", folder / f"{name}.parquet", cwd=folder / "mesh")
    repository = Repository(folder / "mesh", {})
    repository.edit("governance/principals.yaml", "users: []", "users:\n  - {name: ana, groups: [cases-owners]}")
    repository.commit("a reader")
    with Server(repository.path, folder / "home") as server, connect(server.ready()) as connection:
        yield connection


def asked(shape):
    """The query of a shape: each row of the frame, with what the row of the history says that is joined."""
    match = ["f.at > h.at" if shape.mode.strictly else "f.at >= h.at"]
    if shape.mode.by_knowledge:
        match.append("f.at >= h.created")
    if shape.ttl is not None:
        match.append(f"h.at >= f.at - INTERVAL '{TTLS[shape.ttl]}'")
    keys = " AND ".join(f"f.{name} = h.{name}" for name in KEYS[shape.keys][1])
    return (
        f"SELECT f.row_no, {', '.join(f'h.{name}' for name in shown(shape))} FROM cases.{shape.keys}_frame.rows f "
        f"ASOF JOIN cases.{shape.keys}_history.rows h MATCH_CONDITION ({' AND '.join(match)}) ON {keys} "
        f"WHERE f.shape = {shape.number}"
    )


def answer(connection, shape):
    with connection.cursor() as cursor:
        cursor.execute(asked(shape))
        return cursor.fetch_arrow_table()
