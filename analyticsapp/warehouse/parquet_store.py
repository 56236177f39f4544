"""Where the warehouse's Parquet files are, and the manifest that names those which count.

The manifest is replaced in one step: a reader sees the files of one run or of the next, never a mixture.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from django.conf import settings
from django.db import models

from analyticsapp.warehouse.datasets import Dataset

MANIFEST = "manifest.json"
VERSION = 1
ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Written:
    """One file that counts."""

    path: str
    rows: int
    bytes: int
    sha256: str
    month: str = ""
    fingerprint: str = ""
    first_id: int = 0
    last_id: int = 0


@dataclass
class Manifest:
    """All files that count, by dataset. Without personal data, `key_check` tells one salt from another."""

    version: int = VERSION
    time_zone: str = ""
    made_at: str = ""
    personal_data: bool = True
    key_check: str = ""
    ledger_id: int = 0
    files: dict[str, list[Written]] = field(default_factory=dict)


class CannotExport(Exception):
    """The place can't be written to, or holds something else; the message says what to do."""


class Store:
    """Where the files are: a folder or an object store, by pyarrow's file systems."""

    def __init__(self, place: str) -> None:
        address = place if "://" in place else Path(place).resolve().as_uri()
        try:
            self.system, self.root = pafs.FileSystem.from_uri(address)
            self.system.create_dir(self.root, recursive=True)
        except (OSError, pa.ArrowException) as problem:
            raise CannotExport(f"{place} can't be written to: {problem}") from problem

    def manifest(self) -> Manifest:
        """The one of the last run, or an empty one in an empty place. Raises CannotExport."""
        path = f"{self.root}/{MANIFEST}"
        if self.system.get_file_info(path).type == pafs.FileType.NotFound:
            if self._files():
                raise CannotExport(f"There are files, but no {MANIFEST}: choose an empty folder.")
            return Manifest()
        with self.system.open_input_stream(path) as stream:
            told = json.loads(stream.read())
        if told["version"] != VERSION or told["time_zone"] != settings.TIME_ZONE:
            raise CannotExport(
                f"The files there are of version {told['version']} and of {told['time_zone']}, and not of "
                f"{VERSION} and {settings.TIME_ZONE}: choose an empty folder."
            )
        files = {name: [Written(**file) for file in known] for name, known in told.pop("files").items()}
        return Manifest(**told, files=files)

    def write(self, path: str, dataset: Dataset, rows: models.QuerySet[Any]) -> Written:
        """One Parquet file with these rows."""
        full = f"{self.root}/{path}"
        self.system.create_dir(full.rsplit("/", 1)[0], recursive=True)
        sources = [source for _, source in dataset.columns.values()]
        number = 0
        with pq.ParquetWriter(full, dataset.schema, filesystem=self.system, compression="zstd") as writer:
            for batch in _batches(
                rows.values_list(*sources).iterator(chunk_size=ROWS_AT_ONCE), dataset.schema
            ):
                writer.write_batch(batch)
                number += batch.num_rows
        return Written(path, number, *self._weigh(full))

    def replace_manifest(self, manifest: Manifest) -> None:
        """In one step: a reader sees the old one or the new one."""
        text = json.dumps(asdict(manifest), indent=1).encode()
        path = f"{self.root}/{MANIFEST}"
        if isinstance(self.system, pafs.LocalFileSystem):
            with self.system.open_output_stream(f"{path}.new") as stream:
                stream.write(text)
            Path(f"{path}.new").replace(path)
        else:  # an object appears whole
            with self.system.open_output_stream(path) as stream:
                stream.write(text)

    def remove_all_but(self, manifest: Manifest) -> None:
        """Remove Parquet files that the manifest does not name."""
        kept = {f"{self.root}/{file.path}" for files in manifest.files.values() for file in files}
        for path in self._files():
            if path not in kept:
                self.system.delete_file(path)

    def _files(self) -> list[str]:
        found = self.system.get_file_info(pafs.FileSelector(self.root, recursive=True))
        return [
            info.path for info in found if info.type == pafs.FileType.File and info.path.endswith(".parquet")
        ]

    def _weigh(self, path: str) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with self.system.open_input_stream(path) as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
        return size, digest.hexdigest()


def _batches(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        columns = [
            pa.array(values, kind)
            for values, kind in zip(zip(*chunk, strict=True), schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
