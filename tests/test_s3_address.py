"""How a bucket is written in one setting, and what cannot be one."""

from __future__ import annotations

import pytest

from avatarium.adapters.s3 import Bucket, Credentials, S3ObjectStore
from avatarium.errors import BadConfiguration


@pytest.mark.parametrize(
    ("url", "expected", "base"),
    [
        ("s3://", Bucket(), "https://profile-images.s3.us-east-1.amazonaws.com"),
        (
            "s3://faces?region=eu-west-1",
            Bucket("faces", region="eu-west-1"),
            "https://faces.s3.eu-west-1.amazonaws.com",
        ),
        (
            "s3://faces/app/one?endpoint=http://minio:9000",
            Bucket("faces", "app/one", "http://minio:9000", path_style=True),
            "http://minio:9000/faces",
        ),
        (
            "s3://faces?endpoint=https://s3.example/&path_style=false&conditional_put=false",
            Bucket("faces", endpoint="https://s3.example", conditional_put=False),
            "https://faces.s3.example",
        ),
        (
            "s3://a.b?path_style=true",
            Bucket("a.b", path_style=True),
            "https://s3.us-east-1.amazonaws.com/a.b",
        ),
    ],
)
def test_one_url_says_where_and_how(url: str, expected: Bucket, base: str) -> None:
    bucket = Bucket.parse(url)

    assert bucket == expected
    assert bucket.base_url == base


@pytest.mark.parametrize(
    "url",
    [
        "s4://faces",
        "s3://faces?endpiont=http://minio:9000",
        "s3://faces?endpoint=minio:9000",
        "s3://faces?endpoint=http://proxy/minio",
        "s3://faces?path_style=maybe",
        "s3://key:secret@faces",
        "s3://faces:9000",
        "s3://faces#fragment",
    ],
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadConfiguration, match="AVATARIUM_OBJECTS_URL"):
        Bucket.parse(url)


def test_credentials_do_not_stand_in_their_repr() -> None:
    assert "hunter2" not in repr(Credentials("id", "hunter2", "token-hunter2"))


def test_a_store_of_aws_needs_nothing_but_a_bucket() -> None:
    store = S3ObjectStore(Bucket.parse("s3://faces?region=eu-west-1"), None)

    assert store.is_conditional
