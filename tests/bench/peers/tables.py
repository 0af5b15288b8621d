"""The tables of TPC-H."""

NAMES = ["lineitem", "orders", "customer", "supplier", "nation", "region", "part", "partsupp"]
