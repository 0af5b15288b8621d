"""Delta tables written by nothing but what the protocol's specification says: for what no writer here writes."""

import base64
import json
import struct
import uuid
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DELTA_TYPES = {
    pa.int8(): "byte", pa.int16(): "short", pa.int32(): "integer", pa.int64(): "long",
    pa.float32(): "float", pa.float64(): "double", pa.bool_(): "boolean", pa.string(): "string",
    pa.binary(): "binary", pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp", pa.timestamp("us"): "timestamp_ntz",
}

TEXTS = pa.map_(pa.string(), pa.string())
VECTOR = pa.struct({
    "storageType": pa.string(), "pathOrInlineDv": pa.string(), "offset": pa.int32(),
    "sizeInBytes": pa.int32(), "cardinality": pa.int64(),
})
# The columns of a checkpoint, each of which holds one kind of action.
ACTIONS = {
    "txn": pa.struct({"appId": pa.string(), "version": pa.int64(), "lastUpdated": pa.int64()}),
    "add": pa.struct({
        "path": pa.string(), "partitionValues": TEXTS, "size": pa.int64(), "modificationTime": pa.int64(),
        "dataChange": pa.bool_(), "stats": pa.string(), "deletionVector": VECTOR,
    }),
    "remove": pa.struct({
        "path": pa.string(), "deletionTimestamp": pa.int64(), "dataChange": pa.bool_(), "deletionVector": VECTOR,
    }),
    "metaData": pa.struct({
        "id": pa.string(), "name": pa.string(), "description": pa.string(),
        "format": pa.struct({"provider": pa.string(), "options": TEXTS}), "schemaString": pa.string(),
        "partitionColumns": pa.list_(pa.string()), "configuration": TEXTS, "createdTime": pa.int64(),
    }),
    "protocol": pa.struct({
        "minReaderVersion": pa.int32(), "minWriterVersion": pa.int32(),
        "readerFeatures": pa.list_(pa.string()), "writerFeatures": pa.list_(pa.string()),
    }),
    "checkpointMetadata": pa.struct({"version": pa.int64(), "tags": TEXTS}),
    "sidecar": pa.struct({
        "path": pa.string(), "sizeInBytes": pa.int64(), "modificationTime": pa.int64(), "tags": TEXTS,
    }),
}


def field(name, kind, **metadata):
    """A column as the log describes it; its type as Arrow has it, or as the log writes it."""
    if isinstance(kind, pa.Decimal128Type):
        kind = f"decimal({kind.precision},{kind.scale})"
    elif isinstance(kind, pa.DataType):
        kind = DELTA_TYPES[kind]
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def struct_of(*fields):
    return {"type": "struct", "fields": list(fields)}


class Log:
    """The log of the table in a folder, a line an action and a file a commit."""

    def __init__(self, folder, features=()):
        self.folder, self.log = Path(folder), Path(folder) / "_delta_log"
        self.log.mkdir(parents=True, exist_ok=True)
        versions = [int(path.stem) for path in self.log.glob("*.json") if path.stem.isdigit()]
        self.version = max(versions, default=-1)
        self.protocol = {"minReaderVersion": 1, "minWriterVersion": 2}
        if features:
            self.protocol = {
                "minReaderVersion": 3, "minWriterVersion": 7,
                "readerFeatures": list(features), "writerFeatures": list(features),
            }

    def begin(self, *fields, partitions=(), **configuration):
        """The first commit: protocol and columns. Configuration is Delta's own, with `_` for `.`."""
        self.metadata = {
            "id": str(uuid.UUID(int=1)), "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps(struct_of(*fields)), "partitionColumns": list(partitions),
            "configuration": {f"delta.{key.replace('_', '.')}": text for key, text in configuration.items()},
            "createdTime": 1_700_000_000_000,
        }
        return self.commit({"protocol": self.protocol}, {"metaData": self.metadata})

    def redeclare(self, change):
        """A commit with other columns: `change` is given the list of fields that the log describes, and alters it."""
        described = json.loads(self.metadata["schemaString"])
        change(described["fields"])
        self.metadata = self.metadata | {"schemaString": json.dumps(described)}
        return self.commit({"metaData": self.metadata})

    def commit(self, *actions):
        self.version += 1
        lines = "".join(json.dumps(action) + "\n" for action in actions)
        (self.log / f"{self.version:020}.json").write_text(lines)
        return self

    def actions(self):
        """Every action in the log, in order."""
        texts = [path.read_text() for path in sorted(self.log.glob("*.json")) if path.stem.isdigit()]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def adopt(self):
        """Goes on from a log that somebody else wrote."""
        self.protocol = [action["protocol"] for action in self.actions() if "protocol" in action][-1]
        self.metadata = [action["metaData"] for action in self.actions() if "metaData" in action][-1]
        return self

    def files(self):
        """The files that the table has by its log, without checkpoints."""
        files = {}
        for action in self.actions():
            for kind, of_kind in action.items():
                if kind in ("add", "remove"):
                    vector = of_kind.get("deletionVector") or {}
                    key = (of_kind["path"], vector.get("pathOrInlineDv"), vector.get("offset"))
                    files.pop(key, None)
                    files.update({key: of_kind} if kind == "add" else {})
        return list(files.values())

    def add(self, table, name=None, partition=None, **more):
        """A data file, and the action that adds it."""
        name = name or f"part-{uuid.uuid4()}.parquet"
        pq.write_table(table, self.folder / name)
        return self.naming(name, table.num_rows, partition, **more)

    def naming(self, path, rows, partition=None, size=None, **more):
        size = (self.folder / path).stat().st_size if size is None else size
        return {"add": {
            "path": path, "partitionValues": partition or {}, "size": size, "modificationTime": 1_700_000_000_000,
            "dataChange": True, "stats": json.dumps({"numRecords": rows}), **more,
        }}

    # Checkpoints.

    def state(self):
        """The table as actions, as a checkpoint holds it."""
        return [{"protocol": self.protocol}, {"metaData": self.metadata}, *({"add": file} for file in self.files())]

    def checkpoint(self, parts=1):
        """A classic checkpoint, in one part or in several."""
        state = self.state()
        names = [f"{self.version:020}.checkpoint.parquet"]
        if parts > 1:
            names = [f"{self.version:020}.checkpoint.{part + 1:010}.{parts:010}.parquet" for part in range(parts)]
        for part, name in enumerate(names):
            write_actions(self.log / name, state[part::parts])
        return self.point(len(state), parts=parts if parts > 1 else None)

    def checkpoint_v2(self, sidecars=2):
        """A checkpoint of the second kind, in Parquet, with the files in sidecars."""
        state, folder = self.state(), self.log / "_sidecars"
        folder.mkdir(exist_ok=True)
        named = []
        for part in range(sidecars):
            name = f"{uuid.uuid4()}.parquet"
            write_actions(folder / name, state[2:][part::sidecars], kinds=("add", "remove"))
            size = (folder / name).stat().st_size
            named.append({"sidecar": {"path": name, "sizeInBytes": size, "modificationTime": 1_700_000_000_000}})
        main = [{"checkpointMetadata": {"version": self.version}}, *state[:2], *named]
        write_actions(self.log / f"{self.version:020}.checkpoint.{uuid.uuid4()}.parquet", main)
        return self.point(len(main))

    def point(self, size, version=None, parts=None):
        """Writes which checkpoint is the last."""
        said = {"version": self.version if version is None else version, "size": size}
        (self.log / "_last_checkpoint").write_text(json.dumps(said | ({"parts": parts} if parts else {})))
        return self

    def forget(self):
        """Deletes the commits that the checkpoint stands for, as a writer's clean-up does."""
        for version in range(self.version + 1):
            (self.log / f"{version:020}.json").unlink()
        return self


def write_actions(path, actions, kinds=tuple(ACTIONS)):
    rows = [{kind: arrow_of(action.get(kind), ACTIONS[kind]) for kind in kinds} for action in actions]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema({kind: ACTIONS[kind] for kind in kinds})), path)


def arrow_of(value, kind):
    """A value of the log as Arrow takes it: a map is a list of pairs there."""
    if value is None:
        return None
    if isinstance(kind, pa.MapType):
        return list(value.items())
    if isinstance(kind, pa.StructType):
        return {part.name: arrow_of(value.get(part.name), part.type) for part in kind}
    return value


# Deletion vectors.


def bitmap(rows):
    """Numbers of rows as a bitmap of 64 bits, the way the specification calls portable."""
    of_key = {}
    for row in sorted(rows):
        of_key.setdefault(row >> 32, {}).setdefault(row >> 16 & 0xFFFF, []).append(row & 0xFFFF)
    whole = struct.pack("<iq", 1681511377, len(of_key))
    for key, containers in of_key.items():
        assert all(len(values) <= 4096 for values in containers.values()), "these are written as arrays alone"
        described = b"".join(struct.pack("<HH", high, len(values) - 1) for high, values in containers.items())
        offset, offsets = 8 + 8 * len(containers), b""
        for values in containers.values():
            offsets += struct.pack("<I", offset)
            offset += 2 * len(values)
        arrays = b"".join(struct.pack(f"<{len(values)}H", *values) for values in containers.values())
        whole += struct.pack("<III", key, 12346, len(containers)) + described + offsets + arrays
    return whole


PYTHONS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(content):
    padded = content + b"\0" * (-len(content) % 4)
    return base64.b85encode(padded).decode().translate(str.maketrans(PYTHONS, Z85))


def inline_vector(rows):
    """A deletion vector that stands in the log."""
    content = bitmap(rows)
    return {
        "storageType": "i", "pathOrInlineDv": z85(content), "sizeInBytes": len(content), "cardinality": len(rows),
    }


def stored_vectors(folder, *each, prefix="", absolute=False):
    """Deletion vectors in one file of the table's folder, one after the other."""
    name = uuid.uuid4()
    path = Path(folder) / prefix / f"deletion_vector_{name}.bin"
    path.parent.mkdir(exist_ok=True)
    whole, vectors = b"\1", []
    for rows in each:
        content = bitmap(rows)
        said = {"storageType": "u", "pathOrInlineDv": prefix + z85(name.bytes)}
        if absolute:
            said = {"storageType": "p", "pathOrInlineDv": path.as_uri()}
        vectors.append(said | {"offset": len(whole), "sizeInBytes": len(content), "cardinality": len(rows)})
        whole += struct.pack(">i", len(content)) + content + struct.pack(">I", zlib.crc32(content))
    path.write_bytes(whole)
    return vectors
