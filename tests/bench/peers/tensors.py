"""Reads a table from Weft as batches of tensors, as whoever trains a model does, or from a trivial server as it comes: answers requests
as `asking.py` does.

    python tensors.py ADDRESS TOKEN BARE_ADDRESS

A request gives `sql`, and may say the rows of a batch as `batch_size`; without `sql` the trivial server is asked. One process reads
both, so that both have the same library and the same memory.
"""

import sys

import torch
import weft.torch
from pyarrow import flight

import asking


class Tensors:
    def __init__(self, address, token, bare):
        self.version = f"torch {torch.__version__}"
        self.mesh = weft.connect(address, token=token)
        self.bare = bare

    def ready(self, request):
        """Where the rows are is asked beforehand."""
        if "sql" not in request:
            return None
        dataset = weft.torch.Dataset(self.mesh.stream(request["sql"], endpoints=1), batch_size=request.get("batch_size"))
        return torch.utils.data.DataLoader(dataset, batch_size=None)

    def rows(self, loader):
        counted = asking.Counted()
        if loader is None:
            with flight.connect(self.bare) as client:
                for chunk in client.do_get(flight.Ticket(b"")):
                    counted.num_rows += chunk.data.num_rows
                    counted.nbytes += chunk.data.nbytes
            return counted
        for batch in loader:
            counted.num_rows += len(next(iter(batch.values())))
            counted.nbytes += sum(tensor.numel() * tensor.element_size() for tensor in batch.values())
        return counted


if __name__ == "__main__":
    asking.serve(Tensors(*sys.argv[1:]), lambda request: request)
