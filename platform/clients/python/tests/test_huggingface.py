"""Shards as an iterable dataset of Hugging Face."""

import pickle

import weft.huggingface


def test_all_rows_come_with_their_types(connection, mesh):
    dataset = weft.huggingface.dataset(connection.stream("SELECT * FROM a.b.c", endpoints=4))
    assert dataset.num_shards == 4
    assert list(dataset.features) == ["id", "name", "half"]
    assert sorted(dataset, key=lambda row: row["id"]) == mesh.table.to_pylist()


def test_parts_of_it_share_the_shards(connection, mesh):
    dataset = weft.huggingface.dataset(connection.stream("SELECT * FROM a.b.c", endpoints=5))
    parts = [dataset.shard(num_shards=2, index=index) for index in (0, 1)]
    found = [row["id"] for part in parts for row in part]
    assert sorted(found) == list(range(mesh.table.num_rows))
    assert all(next(iter(part)) for part in parts)


def test_a_worker_gets_it_as_a_pickle_without_the_token(connection, mesh, monkeypatch):
    token = next(iter(mesh.tokens))
    pickled = pickle.dumps(weft.huggingface.dataset(connection.stream("SELECT * FROM a.b.c", endpoints=2)))
    assert token.encode() not in pickled
    monkeypatch.setenv("WEFT_TOKEN", token)
    assert len(list(pickle.loads(pickled))) == mesh.table.num_rows
