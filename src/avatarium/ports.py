"""What the core needs from the outside world, as Protocols.

Adapters in `avatarium.adapters` implement them, one file per outside system; `adapters/memory.py` ships
in-process ones that pass the same suites (tests/ports). Every method may raise `errors.Unavailable` when
the engine does not answer, and nothing else that is foreign: adapters translate at the seam.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from avatarium.model import (
        CropBox,
        Epoch,
        Image,
        ImageId,
        Picture,
        PictureChanged,
        Rendered,
        UserId,
        Viewer,
    )


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> float:
        """The wall clock in Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary instant; never goes back."""
        ...


class Directory(Protocol):
    """The record store: who has which picture, in which revision."""

    async def epoch(self) -> Epoch:
        """The life of this directory; made with it, renewed by a restore or a reset."""
        ...

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        """The records of `user_ids` in one round trip.

        Ids that the directory does not have are answered too, with revision 0 and `known` false.
        """
        ...

    async def load_image(self, image_id: ImageId) -> Image | None:
        """The picture of that id, also when it is no longer anybody's current one; None if never stored."""
        ...

    async def compare_and_set(self, picture: Picture) -> bool:
        """Whether `picture` became the record: only when its revision is one above the stored one.

        Atomic: of any number of callers with the same revision exactly one gets True. A record that
        is not there counts as revision 0. The picture's image is stored in the same transaction.
        """
        ...

    async def name_people(self, names: Mapping[UserId, str]) -> None:
        """Make people known by id and name, without touching their pictures."""
        ...

    async def list_people(self, after: UserId | None, limit: int) -> Sequence[UserId]:
        """At most `limit` ids that the directory has, in an order of its own, those behind `after`.

        An empty answer is the end. Who joins or goes meanwhile may be missed; nobody comes twice.
        """
        ...

    async def migrate(self) -> bool:
        """Whether anything had to be done to bring the schema to this release.

        Safe to run from any number of processes at once.

        Raises:
            BadConfiguration: The schema is of a later release.
        """
        ...

    async def open(self) -> None:
        """Connect, and check the schema.

        Raises:
            BadConfiguration: The schema is of another release; the message says what to run.
        """
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class Archive(Protocol):
    """A directory that can be read and written as a whole: moving it, looking for what nobody names."""

    async def people_after(self, user_id: UserId | None) -> Sequence[Picture]:
        """The next page of everybody, in the engine's order of ids; empty at the end; None starts."""
        ...

    async def images_after(self, image_id: ImageId | None) -> Sequence[Image]:
        """The next page of every picture ever stored, in the order of ids; empty at the end; None starts."""
        ...

    async def restore_images(self, images: Sequence[Image]) -> None:
        """Store `images` as they are; those that are there stay."""
        ...

    async def restore_people(self, pictures: Sequence[Picture]) -> None:
        """Write records as another directory had them; a higher or equal revision that is there stays."""
        ...

    async def adopt_epoch(self, epoch: Epoch) -> bool:
        """Whether this directory now goes on with the life `epoch`: not when it has people of another one."""
        ...


class ObjectStore(Protocol):
    """Immutable bytes by key. The content type comes from the key, never from the store."""

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        """Whether `data` was stored; False when the key already had bytes, which stay untouched."""
        ...

    async def get(self, key: str) -> bytes | None:
        """All bytes of `key`, or None."""
        ...

    async def get_range(self, key: str, start: int, stop: int) -> bytes | None:
        """Bytes `start` up to and without `stop`, cut at the end of the object; None if it is not there."""
        ...

    async def head(self, key: str) -> int | None:
        """The number of bytes of `key`, or None."""
        ...

    async def delete(self, key: str) -> None:
        """After this the key has no bytes, whether or not it had any."""
        ...

    def list(self, prefix: str) -> AsyncIterator[str]:
        """Every key under the folder `prefix`, in no particular order."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class KeyValue(Protocol):
    """A cache store: may forget anything at any time, but never goes backwards."""

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values in the order of `keys`, in one round trip; None where there is none."""
        ...

    async def put_newer(self, key: str, value: bytes, version: tuple[Epoch, int], keep_for_seconds: float) -> bool:
        """Whether `value` was stored: not when the same epoch is stored with a higher or equal revision.

        Atomic. Another epoch always replaces.
        """
        ...

    async def delete(self, key: str) -> None:
        """After this the key has no value."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class EventBus(Protocol):
    """Tells other parts and processes of committed changes."""

    async def publish(self, event: PictureChanged) -> None:
        """Hand `event` to every subscriber that is there now."""
        ...

    def subscribe(self) -> AsyncIterator[PictureChanged]:
        """The events published from now on; a slow reader keeps the latest event per person."""
        ...

    async def close(self) -> None:
        """End every subscription."""
        ...


class ImageProcessor(Protocol):
    """Runs the pipeline of `avatarium.imaging` off the event loop, within limits of time and memory."""

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        """The renditions of `upload`.

        Raises:
            BadRequest: `upload` is not a picture that we take (see `imaging.render`).
            TooManyRequests: As many uploads are waiting as may.
            Unavailable: There is no worker to be had.
        """
        ...

    def check_room(self) -> None:
        """Return if `render` would take an upload now.

        Raises:
            TooManyRequests: As many uploads are waiting as may.
        """
        ...

    async def close(self) -> None:
        """End every worker."""
        ...


class RateLimiter(Protocol):
    """Counts what a caller does."""

    async def spend(self, rule: str, caller: str, cost: int = 1) -> float:
        """Seconds until the caller may go on: 0.0 when `cost` was within its share of `rule`."""
        ...


class Connection(Protocol):
    """What an identity may read of a request; Starlette's `HTTPConnection` has this shape."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields, names in lower case."""
        ...

    @property
    def cookies(self) -> Mapping[str, str]:
        """Cookies by name."""
        ...

    @property
    def client(self) -> Any:  # noqa: ANN401 - a named tuple (host, port) or None, as the ASGI server gives it
        """The peer's address."""
        ...


class Identity(Protocol):
    """Turns a request into a viewer."""

    async def __call__(self, connection: Connection) -> Viewer:
        """Who asks. `Viewer.anonymous()` when nobody is signed in; never None."""
        ...
