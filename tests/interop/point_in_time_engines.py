"""What Polars and DuckDB answer: by their own join to the newest row where there is one that does, and else by a filter."""

import duckdb
import polars

from point_in_time_cases import KEYS, TTLS, shown, ttl_of


class Polars:
    """`join_asof` takes the last of equal times, so that an order of the history says which row that is. It has no second
    time: where a row must have been created, all pairs of a key are filtered and the last one is taken."""

    def __init__(self, tables):
        self.tables = {name: polars.from_arrow(table) for name, table in tables.items()}

    def answer(self, shape):
        keys = list(KEYS[shape.keys][1])
        frame = self.tables[f"{shape.keys}_frame"].filter(shape=shape.number).select("row_no", *keys, moment="at")
        history = self.tables[f"{shape.keys}_history"].drop_nulls([*keys, "at"]).sort(shown(shape), nulls_last=False)
        joined = (self.filtered if shape.mode.by_knowledge else self.newest)(shape, keys, frame, history)
        return frame.select("row_no").join(joined.select("row_no", *shown(shape)), on="row_no", how="left").to_arrow()

    def newest(self, shape, keys, frame, history):
        return frame.drop_nulls([*keys, "moment"]).sort("moment").join_asof(
            history, left_on="moment", right_on="at", by=keys, strategy="backward", coalesce=False,
            tolerance=ttl_of(shape), allow_exact_matches=not shape.mode.strictly, check_sortedness=False,
        )

    def filtered(self, shape, keys, frame, history):
        moment, at = polars.col("moment"), polars.col("at")
        conditions = [at < moment if shape.mode.strictly else at <= moment, polars.col("created") <= moment]
        if shape.ttl is not None:
            conditions.append(at >= moment - ttl_of(shape))
        pairs = history.join(frame, on=keys, maintain_order="left").filter(conditions)
        return pairs.unique("row_no", keep="last", maintain_order=True)


class DuckDB:
    """`ASOF JOIN` leaves it open which of equal times is taken, so that there is one of each first; a row that is too old
    is blanked after it. Where a row must have been created, all pairs of a key are filtered and numbered."""

    def __init__(self, tables):
        self.connection = duckdb.connect()
        for name, table in tables.items():
            # Times without a zone are compared without asking for one.
            columns = [f'"{column}"::TIMESTAMP AS "{column}"' if "timestamp" in str(table.schema.field(column).type)
                       else f'"{column}"' for column in table.column_names]
            self.connection.execute("SET TimeZone = 'UTC'").register("arriving", table)
            self.connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(columns)} FROM arriving")

    def answer(self, shape):
        sql = self.filtered(shape) if shape.mode.by_knowledge else self.newest(shape)
        return self.connection.sql(sql).to_arrow_table()

    def newest(self, shape):
        holds = holding(shape)
        columns = ", ".join(f"CASE WHEN {holds} THEN h.{name} END AS {name}" for name in shown(shape))
        keys = ", ".join(KEYS[shape.keys][1])
        of_each_time = (f"SELECT * FROM {shape.keys}_history h WHERE h.at IS NOT NULL "
                        f"QUALIFY row_number() OVER (PARTITION BY {keys}, h.at ORDER BY {order(shape)}) = 1")
        return (f"SELECT f.row_no, {columns} FROM (SELECT * FROM {shape.keys}_frame WHERE shape = {shape.number}) f "
                f"ASOF LEFT JOIN ({of_each_time}) h ON {equal(shape)} AND f.at {'>' if shape.mode.strictly else '>='} h.at")

    def filtered(self, shape):
        columns = ", ".join(f"h.{name}" for name in shown(shape))
        earlier = f"f.at {'>' if shape.mode.strictly else '>='} h.at AND f.at >= h.created AND {holding(shape)}"
        frame = f"(SELECT * FROM {shape.keys}_frame WHERE shape = {shape.number}) f"
        best = (f"SELECT f.row_no, {columns} FROM {frame} JOIN {shape.keys}_history h ON {equal(shape)} WHERE {earlier} "
                f"QUALIFY row_number() OVER (PARTITION BY f.row_no ORDER BY {order(shape)}) = 1")
        return f"SELECT f.row_no, {columns} FROM {frame} LEFT JOIN ({best}) h ON h.row_no = f.row_no"


def equal(shape):
    return " AND ".join(f"f.{name} = h.{name}" for name in KEYS[shape.keys][1])


def holding(shape):
    return "true" if shape.ttl is None else f"h.at >= f.at - INTERVAL '{TTLS[shape.ttl]}'"


def order(shape):
    return ", ".join(f"h.{name} DESC NULLS LAST" for name in shown(shape))
