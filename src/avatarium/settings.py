"""The environment as frozen values; the only reader of environment variables.

An `AVATARIUM_...` variable that no setting has is an error, because a misspelt one would be ignored in
silence. Sums across settings are checked here, at start-up.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from avatarium.errors import BadConfiguration
from avatarium.model import ImageLimits

PREFIX: Final = "AVATARIUM_"
FLAGS: Final = (
    "url_cache",
    "http_cache_headers",
    "client_cache",
    "service_worker",
    "cdn",
    "realtime",
    "preload",
)
"""Names of the roll-out flags; the browser learns their values with its pack answers."""


class Settings(BaseSettings):
    """Every setting with its default; the defaults are safe on a laptop."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="Folder of the embedded default: records, bytes, key.")
    directory_url: str = Field("", description="Record store as a SQLAlchemy URL; empty: SQLite in the data folder.")
    objects_url: str = Field(
        "",
        description="Byte store: `s3://bucket/prefix?endpoint=http://host:9000`, `file:///folder` or `memory://`; "
        "empty: the data folder.",
    )
    s3_access_key_id: str = Field("", description="Who we are for S3; empty: AWS_ACCESS_KEY_ID, else the role.")
    s3_secret_access_key: SecretStr = Field(SecretStr(""), description="Its secret; empty: AWS_SECRET_ACCESS_KEY.")
    s3_session_token: SecretStr = Field(
        SecretStr(""), description="Of temporary credentials; empty: AWS_SESSION_TOKEN."
    )
    s3_credentials_end_at: float = Field(
        0.0, ge=0, description="Unix seconds at which temporary credentials end; 0: they last."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Key of the deployment; empty: made once in the data folder (mode 0600)."
    )
    auth: Literal["none", "demo"] = Field(
        "none",
        description="Who callers are. `none`: every caller is an administrator, loopback only. `demo`: three people.",
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma-separated origins that may read mappings; empty: the same origin only."
    )
    rendition_url: str = Field(
        "", description="URL template of renditions with {image_id}, {size}, {format}; empty: this service."
    )
    unknown_users: Literal["default", "404"] = Field(
        "default", description="How an id is answered that the directory does not have."
    )
    fresh_for_seconds: int = Field(1800, ge=1, le=86_400, description="How long a mapping is used without asking.")
    cache_seconds: int = Field(300, ge=1, le=3600, description="How long a record is used from the server's cache.")
    cache_max_bytes: int = Field(64_000_000, ge=1_000_000, description="Bound of the in-process cache.")
    bytes_max_age_seconds: int = Field(
        604_800,
        ge=60,
        le=31_536_000,
        description="max-age of picture bytes: bounds what an erasure cannot reach.",
    )
    max_upload_bytes: int = Field(20_000_000, ge=1_000, le=200_000_000, description="Bytes of one upload.")
    max_pixels: int = Field(64_000_000, ge=10_000, description="Width x height of one upload.")
    imaging_workers: int = Field(2, ge=1, le=64, description="Processes that decode and encode.")
    imaging_seconds: float = Field(10.0, gt=0, le=120, description="Wall-clock limit of one upload's pipeline.")
    imaging_memory_bytes: int = Field(
        1_000_000_000, ge=400_000_000, description="Address space of one imaging process."
    )
    imaging_cpu_seconds: int = Field(20, ge=1, le=600, description="CPU seconds of one upload's pipeline.")
    imaging_queue: int = Field(
        32, ge=0, le=10_000, description="Uploads that may wait for a process; one more is told to come back (429)."
    )
    master_side: int = Field(
        512,
        ge=0,
        le=2048,
        description="Side of the square that is kept without metadata for `avatarium rebuild`, in pixels; 0: none.",
    )
    limit_uploads: str = Field("60/minute", description="Writes an address may make; `off` for none.")
    limit_reads: str = Field("600/minute", description="Batches an address may ask for; `off` for none.")
    flags: Annotated[dict[str, bool], NoDecode] = Field(
        default_factory=dict,
        description="Roll-out flags that differ from on, as `service_worker=off,preload=off`.",
    )

    @field_validator("origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:  # noqa: PLR2004 - scheme://host
                raise ValueError(f"{origin!r} is not an origin like https://example.com")
        return value

    @field_validator("flags", mode="before")
    @classmethod
    def _split_flags(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        for name, _, state in pairs:
            if name not in FLAGS or state not in {"on", "off"}:
                raise ValueError(f"{name}={state} is not one of {', '.join(FLAGS)} = on or off")
        return {name: state == "on" for name, _, state in pairs}

    @property
    def image_limits(self) -> ImageLimits:
        """What an upload may be."""
        return ImageLimits(
            max_bytes=self.max_upload_bytes, max_pixels=self.max_pixels, max_frame_pixels=self.max_pixels
        )

    @property
    def all_flags(self) -> dict[str, bool]:
        """Every flag with its value; on unless set otherwise."""
        return {name: self.flags.get(name, True) for name in FLAGS}


def load_settings() -> Settings:
    """The settings that the environment spells.

    Raises:
        BadConfiguration: A variable has no setting, or a value cannot work; the message names it.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    tests_only = PREFIX + "TEST_"
    for name in sorted(os.environ):  # noqa: TID251 - the one reader
        if name.startswith(PREFIX) and name not in known and not name.startswith(tests_only):
            raise BadConfiguration(f"{name} is no setting of Avatarium. `avatarium check` prints those that are.")
    try:
        return Settings(**_from_aws())
    except ValidationError as error:
        first = error.errors()[0]
        where = "_".join(str(part) for part in first["loc"][:1])
        raise BadConfiguration(f"{PREFIX}{where.upper()}: {first['msg']}") from None


def _from_aws() -> dict[str, Any]:
    """The credentials in the variables that every S3 tool reads, where ours are not set."""
    names = {"s3_access_key_id": "AWS_ACCESS_KEY_ID", "s3_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    names["s3_session_token"] = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
    if any(PREFIX + name.upper() in os.environ for name in names):  # noqa: TID251
        return {}  # theirs and ours never mix
    return {name: os.environ[theirs] for name, theirs in names.items() if os.environ.get(theirs)}  # noqa: TID251
