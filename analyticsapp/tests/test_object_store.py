"""The warehouse's files in an object store: a server that speaks S3, as a folder would have them."""

import json
import logging
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pyarrow.fs as pafs
import pyarrow.parquet as pq
from django.test import TestCase
from moto.server import ThreadedMotoServer

from analyticsapp.tests.ledgers import at, sold
from analyticsapp.warehouse.parquet_store import CannotExport, Manifest
from analyticsapp.warehouse.writing import export
from payments.models import LedgerEntry
from purelaka.testing import NOON

KEYS = {
    "AWS_ACCESS_KEY_ID": "anybody",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class ObjectStore(TestCase):
    host: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for each request
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        cls.addClassCleanup(server.stop)
        cls.host = "{}:{}".format(*server.get_host_and_port())
        cls.enterClassContext(patch.dict("os.environ", KEYS))

    def setUp(self) -> None:
        urlopen(Request(f"http://{self.host}/moto-api/reset", method="POST")).close()
        urlopen(Request(f"http://{self.host}/figures", method="PUT")).close()
        self.now = NOON

    def place(self, bucket: str = "figures") -> str:
        where = {"endpoint_override": self.host, "scheme": "http", "region": "us-east-1"}
        return f"s3://{bucket}/purelaka?{urlencode(where)}"

    def export(self) -> Manifest:
        self.now += timedelta(minutes=1)
        return export(self.place(), now=self.now)

    def test_each_row_is_there_once_and_a_second_run_adds_what_is_new(self) -> None:
        sold(10_00, at(3))
        first = self.export()
        sold(20_00, at(4))
        second = self.export()

        system, root = pafs.FileSystem.from_uri(self.place())
        with system.open_input_stream(f"{root}/manifest.json") as stream:
            told = json.loads(stream.read())
        paths = [f"{root}/{file['path']}" for file in told["files"]["ledger"]]
        ids = [key for path in paths for key in pq.read_table(path, filesystem=system)["id"].to_pylist()]
        self.assertCountEqual(ids, LedgerEntry.objects.values_list("pk", flat=True))
        self.assertEqual(second.files["ledger"][0], first.files["ledger"][0])

    def test_what_no_manifest_names_is_removed(self) -> None:
        sold(10_00, at(3))
        self.export()
        system, root = pafs.FileSystem.from_uri(self.place())
        stray = f"{root}/ledger/stray.parquet"
        with system.open_output_stream(stray) as stream:
            stream.write(b"of a run that died")

        self.export()

        self.assertEqual(system.get_file_info(stray).type, pafs.FileType.NotFound)

    def test_a_bucket_that_is_not_there_is_told(self) -> None:
        with self.assertRaisesMessage(CannotExport, "can't be written to"):
            export(self.place("nowhere"), now=NOON)
