"""Bytes in a bucket of an S3 service: MinIO, AWS, SeaweedFS, R2, by the object store library.

Guarantees: what `object_store` guarantees; a key is written once also by writers on different machines, by a
conditional put, and where a server answers that it has none, by looking first (bytes are named for what they
are, so two that pass each other there write the same picture); every call ends within some seconds.

Does not do: make the bucket, or set its CORS rules (docs/guides/engines.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError
from obstore.store import S3Store

from avatarium.adapters.object_store import ObstoreObjectStore, translated
from avatarium.errors import BadConfiguration
from avatarium.model import CONTENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import S3Config, S3Credential

DEFAULT_BUCKET: Final = "profile-images"
CALL_SECONDS: Final = 5.0
_OPTIONS: Final = ("endpoint", "region", "path_style", "conditional_put")
_YES_NO: Final = {"true": True, "false": False}
_NEVER_CHANGES: Final = "max-age=604800, immutable"
_TRIES: Final = 3
"""How often a conditional put is tried whose connection was cut, or that lost to a writer which left nothing."""
_SENDING_FAILED: Final = "error sending request"
"""What the library says of a connection that was cut before an answer came; it has no class for it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are for the S3 service."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    """Of temporary credentials; empty for those that last."""
    expires_at: float | None = None
    """Unix seconds at which temporary credentials end."""

    def __repr__(self) -> str:
        """The id alone: the rest is secret."""
        return f"Credentials({self.access_key_id!r})"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is and how its service wants to be spoken to."""

    name: str = DEFAULT_BUCKET
    prefix: str = ""
    """What stands before every key; no slash at either end."""
    endpoint: str = ""
    """`http://host:port` of the service; empty: AWS."""
    region: str = "us-east-1"
    path_style: bool = False
    """Whether the bucket stands in the path (MinIO, SeaweedFS) or in the host (AWS)."""
    conditional_put: bool = True
    """Whether the service knows `If-None-Match: *` on a put."""

    @classmethod
    def parse(cls, url: str) -> Bucket:
        """The bucket that `s3://bucket/prefix?endpoint=...&region=...` names.

        The path style is the default where an endpoint is given.

        Raises:
            BadConfiguration: It names something else.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = [name for name in options if name not in _OPTIONS]
        if not url.startswith("s3://") or unknown or parts.username or parts.port or parts.fragment:
            raise BadConfiguration(f"AVATARIUM_OBJECTS_URL is s3://bucket/prefix with {', '.join(_OPTIONS)}.")
        endpoint = options.get("endpoint", "").rstrip("/")
        if endpoint and (not endpoint.startswith(("http://", "https://")) or urlsplit(endpoint).path):
            raise BadConfiguration("AVATARIUM_OBJECTS_URL: the endpoint is http://host:port or https://host.")
        try:
            return cls(
                name=parts.hostname or DEFAULT_BUCKET,
                prefix=parts.path.strip("/"),
                endpoint=endpoint,
                region=options.get("region", "us-east-1"),
                path_style=_YES_NO[options.get("path_style", "true" if endpoint else "false")],
                conditional_put=_YES_NO[options.get("conditional_put", "true")],
            )
        except KeyError as error:
            raise BadConfiguration(
                "AVATARIUM_OBJECTS_URL: path_style and conditional_put are true or false."
            ) from error

    @property
    def base_url(self) -> str:
        """The address of the bucket: its keys follow after a slash."""
        if not self.endpoint:
            host = f"s3.{self.region}.amazonaws.com"
            return f"https://{host}/{self.name}" if self.path_style else f"https://{self.name}.{host}"
        scheme, _, host = self.endpoint.partition("://")
        return f"{scheme}://{host}/{self.name}" if self.path_style else f"{scheme}://{self.name}.{host}"


class S3ObjectStore(ObstoreObjectStore):
    """A bucket behind our port.

    Args:
        bucket: Where.
        credentials: Gives who we are now; None: as the library finds out on AWS (role of container or machine).
        call_seconds: How long one call may take, retries included.

    Raises:
        BadConfiguration: The library takes no such bucket.
    """

    def __init__(
        self, bucket: Bucket, credentials: Callable[[], Credentials] | None, *, call_seconds: float = CALL_SECONDS
    ) -> None:
        config: S3Config = {
            "region": bucket.region,
            # Without an endpoint the library knows AWS's own, in either style.
            "virtual_hosted_style_request": not bucket.path_style,
        }
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint if bucket.path_style else bucket.base_url
        try:
            store = S3Store(
                bucket.name,
                prefix=bucket.prefix or None,
                config=config,
                credential_provider=None if credentials is None else _provider(credentials),
                client_options={
                    "allow_http": bucket.endpoint.startswith("http://"),
                    "timeout": timedelta(seconds=call_seconds),
                    "connect_timeout": timedelta(seconds=1),
                },
                retry_config={
                    "max_retries": 2,
                    "retry_timeout": timedelta(seconds=call_seconds),
                    "backoff": {
                        "init_backoff": timedelta(milliseconds=50),
                        "max_backoff": timedelta(milliseconds=500),
                        "base": 2,
                    },
                },
            )
        except (BaseError, OSError, ValueError) as error:
            raise BadConfiguration("AVATARIUM_OBJECTS_URL: the bucket cannot be used.") from error
        super().__init__(store)
        self.is_conditional = bucket.conditional_put
        """Whether the server is asked to refuse a second put; false once it said that it cannot."""

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        """See `ports.ObjectStore`."""
        tries = _TRIES
        while self.is_conditional and tries:
            tries -= 1
            with translated():
                try:
                    await self._put(key, data, "create")
                except AlreadyExistsError:
                    pass
                except BaseError as error:
                    if _is_unknown_there(error):
                        self.is_conditional = False
                    elif tries and _SENDING_FAILED in str(error):
                        continue  # the library repeats no write; this one does nothing the second time
                    else:
                        raise
                else:
                    return True
            # Somebody was first; or is still writing, and may yet fail (409 on AWS).
            if self.is_conditional and await self.head(key) is not None:
                return False
        if await self.head(key) is not None:
            return False
        with translated():
            await self._put(key, data, "overwrite")
        return True

    async def _put(self, key: str, data: bytes, mode: Literal["create", "overwrite"]) -> None:
        attributes = {
            "Content-Type": CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream"),
            "Cache-Control": _NEVER_CHANGES,
        }
        await obstore.put_async(self._store, key, data, mode=mode, attributes=attributes, use_multipart=False)


def _is_unknown_there(error: BaseError) -> bool:
    """Whether the server says that it has no conditional put; the library has no class for it."""
    return isinstance(error, NotSupportedError) or "501 Not Implemented" in str(error) or "NotImplemented" in str(error)


def _provider(source: Callable[[], Credentials]) -> Callable[[], S3Credential]:
    """Credentials that change, in the library's form."""

    def current() -> S3Credential:
        credentials = source()
        ends = None if credentials.expires_at is None else datetime.fromtimestamp(credentials.expires_at, UTC)
        return {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "token": credentials.session_token or None,
            "expires_at": ends,
        }

    return current
