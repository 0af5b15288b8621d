"""The tables of TPC-H."""

NAMES = ["lineitem", "orders", "customer", "supplier", "nation", "region", "part", "partsupp"]
# A frame of entities with their times, and histories of values to join to it: three of 10 M rows, and one of 5 M.
HISTORIES = ["frame", "view0", "view1", "view2", "frame50", "view50"]
