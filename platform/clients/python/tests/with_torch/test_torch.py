"""Shards as tensors, with the PyTorch that Debian has."""

import os
import warnings
from collections import Counter

import pyarrow as pa
import pyarrow.flight as fl
import pytest
import torch
import torch.distributed
from torch.utils.data import DataLoader

import weft
import weft.torch
from conftest import TOKEN
from fake import numbers

SQL = "SELECT * FROM a.b.c"
UNAVAILABLE = fl.FlightUnavailableError("the server is going down")


def ids(batches):
    return [row for batch in batches for row in batch["id"].tolist()]


@pytest.fixture
def shards(connection):
    return connection.stream(SQL, endpoints=8)


def test_batches_are_tensors_by_name(shards, mesh):
    first = next(iter(weft.torch.Dataset(shards)))
    assert first["id"].dtype == torch.int64 and first["half"].dtype == torch.float64
    assert first["id"].tolist() == list(range(len(first["id"])))
    assert first["name"][:2] == [None, "row 1"]
    assert sorted(ids(weft.torch.Dataset(shards, columns=["id"]))) == list(range(mesh.table.num_rows))


@pytest.mark.parametrize("workers", [0, 2, 3, 4])
def test_workers_share_the_rows_and_none_comes_twice(shards, mesh, workers):
    """Workers are forked, though the mesh was asked before."""
    loader = DataLoader(weft.torch.Dataset(shards), batch_size=None, num_workers=workers)
    for _ in range(2):
        assert sorted(ids(loader)) == list(range(mesh.table.num_rows))


def test_workers_may_be_spawned(shards, mesh, monkeypatch):
    monkeypatch.setenv("WEFT_TOKEN", TOKEN)
    loader = DataLoader(weft.torch.Dataset(shards), batch_size=None, num_workers=2, multiprocessing_context="spawn")
    assert sorted(ids(loader)) == list(range(mesh.table.num_rows))


def test_a_forked_worker_survives_broken_connections_and_tells_of_refusals(shards, mesh):
    loader = DataLoader(weft.torch.Dataset(shards), batch_size=None, num_workers=2)
    mesh.breaks = [(at, UNAVAILABLE) for at in (1, 2, 0, 3, 1)]
    assert sorted(ids(loader)) == list(range(mesh.table.num_rows))
    mesh.breaks = [(1, fl.FlightUnauthorizedError("W0301 no more"))]
    with pytest.raises(weft.PermissionDeniedError, match="W0301 no more"):
        list(loader)


def test_a_forked_process_is_told_what_it_cannot_do(connection):
    connection.stream(SQL)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = b"nothing"
        try:
            connection.stream(SQL)
        except weft.NotSupportedError as error:
            told = str(error).encode()
        finally:
            os.write(writing, told)
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "forked" in pipe.read()


def test_ranks_share_the_shards_too(shards, mesh):
    found = Counter()
    for rank in range(3):
        dataset = weft.torch.Dataset(shards, rank=rank, world_size=3)
        found.update(ids(DataLoader(dataset, batch_size=None, num_workers=2)))
    assert found == Counter(range(mesh.table.num_rows))
    with pytest.raises(ValueError, match="together"):
        weft.torch.Dataset(shards, rank=1)


def test_ranks_are_those_of_torch_distributed(shards, tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        assert len(ids(weft.torch.Dataset(shards))) == numbers().num_rows
    finally:
        torch.distributed.destroy_process_group()


def test_a_worker_without_a_shard_says_so(shards):
    with pytest.warns(UserWarning, match="too few"):
        assert list(weft.torch.Dataset(shards, rank=8, world_size=9)) == []


@pytest.mark.parametrize("size", [1, 10, 97, 100, 5_000])
def test_batches_are_of_the_size_that_is_asked_for(shards, mesh, size):
    batches = list(weft.torch.Dataset(shards, batch_size=size))
    assert [len(batch["id"]) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    assert sorted(ids(batches)) == list(range(mesh.table.num_rows))
    full = list(weft.torch.Dataset(shards, batch_size=size, drop_last=True))
    assert len(full) == mesh.table.num_rows // size


def test_single_rows_are_put_together_by_the_loader(connection, mesh):
    mesh.table = mesh.table.drop_columns(["name"])
    loader = DataLoader(weft.torch.Dataset(connection.stream(SQL), rows=True), batch_size=32)
    first = next(iter(loader))
    assert first["id"].tolist() == list(range(32))
    assert first["half"].dtype == torch.float64


def test_numbers_are_not_copied():
    column = pa.array(range(1_000), pa.float32())
    tensor = weft.torch.tensors(pa.record_batch({"a": column}))["a"]
    assert tensor.data_ptr() == column.buffers()[1].address
    tail = weft.torch.tensors(pa.record_batch({"a": column.slice(10)}))["a"]
    assert tail.data_ptr() == column.buffers()[1].address + 40


@pytest.mark.parametrize(("column", "expected"), [
    (pa.array([1, 2], pa.uint8()), torch.tensor([1, 2], dtype=torch.uint8)),
    (pa.array([1, 2], pa.uint16()), torch.tensor([1, 2], dtype=torch.int32)),
    (pa.array([1, 2], pa.uint64()), torch.tensor([1, 2])),
    (pa.array([True, False]), torch.tensor([True, False])),
    (pa.array([1.5, None], pa.float32()), torch.tensor([1.5, float("nan")])),
    (pa.array(["1.50", "2.25"]).cast(pa.decimal128(5, 2)), torch.tensor([1.5, 2.25], dtype=torch.float64)),
    (pa.array([1_000_001], pa.timestamp("us", "UTC")), torch.tensor([1_000_001])),
    (pa.array([3], pa.date32()), torch.tensor([3], dtype=torch.int32)),
    (pa.array([7], pa.duration("s")), torch.tensor([7])),
    (pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2)), torch.tensor([[1, 2], [3, 4]], dtype=torch.int32)),
    (pa.array([5, 5, 6]).dictionary_encode(), torch.tensor([5, 5, 6])),
], ids=lambda value: str(getattr(value, "type", "")))
def test_each_type_has_its_tensor(column, expected):
    found = weft.torch.tensors(pa.record_batch({"a": column}))["a"]
    assert found.dtype == expected.dtype
    assert torch.allclose(found, expected, equal_nan=True) if found.is_floating_point() else torch.equal(found, expected)


def test_what_no_tensor_holds_is_a_list():
    found = weft.torch.tensors(pa.record_batch({"t": ["a", None], "l": [[1, 2, 3], None]}))
    assert found["t"] == ["a", None]
    assert found["l"][0].tolist() == [1, 2, 3] and found["l"][1] is None


def test_null_needs_a_value_where_a_type_has_none():
    batch = pa.record_batch({"a": [1, None]})
    with pytest.raises(ValueError, match="`a` holds NULL.*`fill`"):
        weft.torch.tensors(batch)
    assert weft.torch.tensors(batch, {"a": -1})["a"].tolist() == [1, -1]


def test_nothing_warns(shards):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(weft.torch.Dataset(shards))
