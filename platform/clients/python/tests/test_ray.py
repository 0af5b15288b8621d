"""Shards as a dataset of Ray."""

import pytest
import ray
import ray.data

import weft
import weft.ray
from conftest import TOKEN
from fake import numbers


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def test_each_shard_is_a_task_and_all_rows_come(mesh):
    shards = weft.connect(mesh.uri, token=TOKEN).stream("SELECT * FROM a.b.c", endpoints=5).carrying_token()
    dataset = weft.ray.dataset(shards)
    assert dataset.schema().names == ["id", "name", "half"]
    table = dataset.to_pandas().sort_values("id")
    assert table["id"].tolist() == list(range(numbers().num_rows))
    assert set(mesh.fetched) == set(range(5))


def test_an_empty_answer_is_an_empty_dataset(mesh):
    mesh.table = mesh.table.slice(0, 0)
    shards = weft.connect(mesh.uri, token=TOKEN).stream("SELECT * FROM a.b.c", endpoints=2).carrying_token()
    assert weft.ray.dataset(shards).count() == 0
