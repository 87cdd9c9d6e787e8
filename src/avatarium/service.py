"""What Avatarium does: resolve a person's picture, replace it, remove it.  START READING HERE.

A person's picture is two resources. The *mapping* (who has which picture) is small and changes; it is a
`Picture` record with a revision that grows by one on every change. The *bytes* (what the picture looks like)
never change; they are named by an `ImageId` and stored once. Everything that may be kept for long hangs on
the second, everything that must be current on the first.

Guarantees: writes are checked against who asks, here and on every write; a change is one compare-and-set, so
two writers cannot both win one revision; what is told to others is told after the commit (trap 58); answers
never go back to a lower revision (`cache.ReadThrough`).

Concurrency: every method may be called from any number of tasks of the loop that opened the service. A
caller that is cancelled while reading cancels nobody else; a write that has begun to commit is finished.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from avatarium import telemetry
from avatarium.cache import Codec, Found, ReadThrough
from avatarium.errors import (
    EmptyUpload,
    LostRace,
    NotAllowed,
    PreconditionFailed,
    SignInRequired,
    TooManyIds,
    Unavailable,
    UnknownImage,
    UnknownRendition,
    UnknownUser,
    UploadTooLarge,
)
from avatarium.imaging import RECIPE
from avatarium.keys import derive_image_id, derive_image_id_of_digest, master_key, metadata_key, rendition_key, user_key
from avatarium.model import (
    CropBox,
    Epoch,
    Image,
    ImageId,
    ImageLimits,
    Picture,
    PictureChanged,
    Rendition,
    RenditionName,
    UserId,
    Viewer,
)
from avatarium.records import decode_image, decode_picture, encode_image, encode_picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence

    from avatarium.delivery import Delivery
    from avatarium.model import Rendered
    from avatarium.ports import Clock, Directory, EventBus, ImageProcessor, KeyValue, ObjectStore

COMMIT_TRIES: Final = 5
"""How often a write without precondition tries its compare-and-set before it says `LostRace`."""
MAX_BATCH: Final = 1000
"""Ids in one batch."""
MAX_INLINE: Final = 200
"""Pictures of one pack that carry their smallest rendition inside."""
INLINE_RENDITION: Final = RenditionName(64, "webp")

_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person's picture, and which layer answered."""

    picture: Picture
    source: Literal["hit", "miss", "collapsed"]
    """RFC 9211: the cache, the directory, or another caller's look-up."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One answer for a whole list of people."""

    now: float
    """The origin's clock, Unix seconds."""
    epoch: Epoch
    pictures: tuple[Picture, ...]
    """Only those that are newer than what the caller knows."""
    unknown: tuple[UserId, ...]
    """Ids that the directory does not have, whichever way they are answered."""
    inline: Mapping[UserId, bytes]
    """The smallest WebP rendition of some of `pictures`."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Everything outside of the process that the service works on."""

    directory: Directory
    objects: ObjectStore
    key_value: KeyValue
    events: EventBus
    processor: ImageProcessor
    clock: Clock


class PictureService:
    """The core. Built once a process, in the ASGI lifespan, by `avatarium.app`.

    Args:
        engines: The adapters it works on.
        delivery: Where pictures can be fetched.
        secret: The deployment's key; image ids derive from it.
        limits: What an upload may be.
        unknown_users: `default` answers an unknown id with the default picture; `404` says `UnknownUser`.
        cache_seconds: How long a record is used from the cache without asking the directory.
    """

    def __init__(
        self,
        engines: Engines,
        delivery: Delivery,
        *,
        secret: bytes,
        limits: ImageLimits,
        unknown_users: Literal["default", "404"],
        cache_seconds: float,
    ) -> None:
        self._engines = engines
        self._delivery = delivery
        self._secret = secret
        self._limits = limits
        self._unknown_users = unknown_users
        self._pictures = ReadThrough[UserId, Picture](
            engines.key_value,
            engines.directory.load_many,
            Codec(user_key, encode_picture, decode_picture, lambda picture: (picture.epoch, picture.revision)),
            clock=engines.clock,
            fresh_for_seconds=cache_seconds,
        )
        self._images = ReadThrough[ImageId, Image](
            engines.key_value,
            self._load_images,
            Codec(
                metadata_key,
                lambda image: encode_image(image).encode(),
                decode_image,
                lambda image: (Epoch(""), image.recipe),  # an image never changes: one version for ever
            ),
            clock=engines.clock,
            fresh_for_seconds=cache_seconds,
        )

    @property
    def delivery(self) -> Delivery:
        """Where pictures can be fetched."""
        return self._delivery

    @property
    def limits(self) -> ImageLimits:
        """What an upload may be."""
        return self._limits

    @property
    def clock(self) -> Clock:
        """The origin's clock."""
        return self._engines.clock

    async def open(self) -> None:
        """Connect to the engines; the service answers only after this."""
        await self._engines.directory.open()
        _log.info(telemetry.SERVICE_OPENED, epoch=await self._engines.directory.epoch())

    async def close(self) -> None:
        """Let what is under way end, then give back every connection and worker."""
        await self._pictures.close()
        await self._images.close()
        await self._engines.events.close()
        await self._engines.processor.close()
        await self._engines.key_value.close()
        await self._engines.objects.close()
        await self._engines.directory.close()
        _log.info(telemetry.SERVICE_CLOSED)

    # ------------------------------------------------------------------ reading

    async def resolve(self, user_id: UserId) -> Resolved:
        """The person's picture as it stands.

        Raises:
            UnknownUser: The directory is the list of users and does not have this one.
            Unavailable: Neither cache nor directory could answer.
        """
        return (await self.resolve_many([user_id]))[user_id]

    async def resolve_many(self, user_ids: Sequence[UserId]) -> dict[UserId, Resolved]:
        """The pictures of all `user_ids`, in one batch all the way down.

        Raises:
            UnknownUser: The directory is the list of users and lacks one of them.
            Unavailable: What the cache lacked could not be loaded.
        """
        found = await self._find(user_ids)
        if self._unknown_users == "404" and any(not answer.value.known for answer in found.values()):
            raise UnknownUser
        return {user_id: Resolved(answer.value, answer.outcome) for user_id, answer in found.items()}

    async def pack(
        self,
        user_ids: Sequence[UserId],
        *,
        known: Mapping[UserId, int] | None = None,
        epoch: Epoch | None = None,
        with_inline: bool = False,
    ) -> Pack:
        """What changed among `user_ids` for a caller that holds the revisions `known` of `epoch`.

        Args:
            user_ids: At most `MAX_BATCH`.
            known: Revisions that the caller holds; worth nothing when `epoch` is not the current one.
            epoch: The epoch of `known`.
            with_inline: Whether the first `MAX_INLINE` pictures carry their 64 px WebP.

        Raises:
            TooManyIds: More than `MAX_BATCH`.
            Unavailable: What the cache lacked could not be loaded.
        """
        current = await self._engines.directory.epoch()
        found = await self._find(user_ids)
        held = known or {} if epoch == current else {}
        unknown = tuple(user_id for user_id, answer in found.items() if not answer.value.known)
        answered = set(found) if self._unknown_users == "default" else set(found) - set(unknown)
        pictures = tuple(
            answer.value
            for user_id, answer in found.items()
            if user_id in answered and answer.value.revision > held.get(user_id, -1)
        )
        inline = await self._inline(pictures[:MAX_INLINE]) if with_inline else {}
        return Pack(self._engines.clock.now(), current, pictures, unknown, inline)

    async def image(self, image_id: ImageId) -> Image:
        """What is known of a picture, also when it is no longer anybody's current one.

        Raises:
            UnknownImage: No picture has this id.
            Unavailable: Neither cache nor directory could answer.
        """
        found = await self._images.get(image_id)
        if found is None:
            raise UnknownImage
        return found.value

    async def rendition(self, image_id: ImageId, name: RenditionName) -> tuple[Image, Rendition]:
        """The picture, and what is known of one of its renditions; no byte is fetched (trap 18).

        Raises:
            UnknownImage: No picture has this id.
            UnknownRendition: It lacks this size or format.
            Unavailable: Neither cache nor directory could answer.
        """
        image = await self.image(image_id)
        rendition = image.rendition(name)
        if rendition is None:
            raise UnknownRendition
        return image, rendition

    async def rendition_bytes(self, image_id: ImageId, name: RenditionName) -> bytes:
        """The bytes of a rendition that `rendition` knows.

        Raises:
            Unavailable: They could not be fetched.
        """
        data = await self._engines.objects.get(rendition_key(image_id, name))
        if data is None:
            raise Unavailable("The picture's bytes are not there right now.")
        return data

    async def ready(self) -> None:
        """Return when the service can answer.

        Raises:
            Unavailable: The directory does not answer.
        """
        await self._engines.directory.load_many([])

    # ------------------------------------------------------------------ writing

    async def replace(
        self,
        user_id: UserId,
        upload: bytes,
        *,
        by: Viewer,
        crop: CropBox | None = None,
        expected: Collection[tuple[Epoch, int]] | None = None,
    ) -> Picture:
        """The person's record after `upload` became their picture.

        The same upload twice is one revision. The bytes of the picture before stay for a grace period
        (trap 13). Bytes are stored before the record names them, so a crash between leaves only bytes that
        nobody names.

        Args:
            user_id: Whose picture.
            upload: The uploaded bytes, at most `limits.max_bytes`.
            by: Who asks; the owner, an administrator or the service.
            crop: A box in pixels of the oriented picture.
            expected: The (epoch, revision) pairs of which one must be current; None: the last writer wins.

        Raises:
            SignInRequired, NotAllowed: `by` may not change this picture.
            BadRequest: See `imaging.render`.
            PreconditionFailed: The current revision is not among `expected`.
            LostRace: Others won `COMMIT_TRIES` times in a row.
            UnknownUser: The directory is the list of users and does not have this one.
        """
        self.authorize(by, user_id)
        if not upload:
            raise EmptyUpload
        if len(upload) > self._limits.max_bytes:
            raise UploadTooLarge(f"An upload has at most {self._limits.max_bytes} bytes.")
        current = await self._current(user_id, expected)
        image_id = derive_image_id(self._secret, user_id, current.erasures, RECIPE, crop, upload)
        if current.image is not None and current.image.image_id == image_id:
            return current
        rendered = await self._engines.processor.render(upload, crop)
        image = self._describe(image_id, user_id, upload, crop, rendered)
        await self._store(image_id, rendered)
        return await self._commit(current, image, expected)

    def check_room(self) -> None:
        """Return if an upload would be worked on soon; asked before its body is read.

        Raises:
            TooManyRequests: As many uploads are waiting as may.
        """
        self._engines.processor.check_room()

    async def remove(
        self, user_id: UserId, *, by: Viewer, expected: Collection[tuple[Epoch, int]] | None = None
    ) -> Picture:
        """The person's record after they went back to the default picture; unchanged if they had none.

        Raises:
            SignInRequired, NotAllowed, PreconditionFailed, LostRace, UnknownUser: See `replace`.
        """
        self.authorize(by, user_id)
        current = await self._current(user_id, expected)
        if current.image is None:
            return current
        return await self._commit(current, None, expected)

    async def name_people(self, names: Mapping[UserId, str], *, by: Viewer) -> None:
        """Make people known by id and name.

        Raises:
            NotAllowed: `by` is neither an administrator nor the service.
        """
        if by.kind not in {"administrator", "service"}:
            raise NotAllowed
        await self._engines.directory.name_people(names)

    async def rebuild(self, user_id: UserId, *, by: Viewer) -> Literal["rebuilt", "current", "kept", "overtaken"]:
        """What became of the person's picture: a new ladder by the current recipe, from the master that was kept.

        The new picture has the id that the same upload would have today, and one revision more. The bytes of
        the old one stay for a grace period. Animated renditions are taken over as they are.

        Returns:
            `rebuilt`; `current` where there is nothing to do, also without a picture; `kept` where no master
            is there to start from; `overtaken` where the person changed the picture meanwhile.

        Raises:
            NotAllowed: `by` is neither an administrator nor the service.
            UndecodableImage: The master cannot be read.
            Unavailable: An engine does not answer.
        """
        if by.kind not in {"administrator", "service"}:
            raise NotAllowed
        current = await self._current(user_id, None)
        old = current.image
        if old is None or old.recipe >= RECIPE:
            return "current"
        master = await self._engines.objects.get(master_key(old.image_id, old.master)) if old.master else None
        if master is None:
            return "kept"
        rendered = await self._engines.processor.render(master, None)
        moving = [rendition.name for rendition in old.renditions if rendition.name.animated]
        taken = [(name, await self.rendition_bytes(old.image_id, name)) for name in moving]
        rendered = replace(rendered, renditions=(*rendered.renditions, *taken), master=(old.master, master))
        digest = bytes.fromhex(old.upload_digest)
        image_id = derive_image_id_of_digest(self._secret, user_id, current.erasures, RECIPE, old.crop, digest)
        await self._store(image_id, rendered)
        image = replace(
            old,
            image_id=image_id,
            recipe=RECIPE,
            thumbhash=rendered.thumbhash,
            color=rendered.color,
            renditions=_describe_renditions(rendered.renditions),
            pixel_digest=rendered.pixel_digest,
        )
        try:
            await self._commit(current, image, {(current.epoch, current.revision)})
        except PreconditionFailed:
            return "overtaken"
        return "rebuilt"

    async def people(self) -> AsyncIterator[UserId]:
        """Everybody whom the directory has, page by page."""
        last: UserId | None = None
        while page := await self._engines.directory.list_people(last, MAX_BATCH):
            for user_id in page:
                yield user_id
            last = page[-1]

    # ------------------------------------------------------------------ inside

    async def _find(self, user_ids: Sequence[UserId]) -> dict[UserId, Found[Picture]]:
        if len(user_ids) > MAX_BATCH:
            raise TooManyIds(f"A batch has at most {MAX_BATCH} ids.")
        return await self._pictures.get_many(user_ids)

    async def _load_images(self, image_ids: Sequence[ImageId]) -> dict[ImageId, Image]:
        loaded = [await self._engines.directory.load_image(image_id) for image_id in image_ids]
        return {image.image_id: image for image in loaded if image is not None}

    async def _inline(self, pictures: Iterable[Picture]) -> dict[UserId, bytes]:
        async def fetch(user_id: UserId, image_id: ImageId) -> tuple[UserId, bytes | None]:
            try:
                return user_id, await self._engines.objects.get(rendition_key(image_id, INLINE_RENDITION))
            except Unavailable:
                return user_id, None  # an inline picture is a bonus: the mapping goes out without it

        fetched = await asyncio.gather(
            *(fetch(picture.user_id, picture.image.image_id) for picture in pictures if picture.image)
        )
        return {user_id: data for user_id, data in fetched if data is not None}

    @staticmethod
    def authorize(by: Viewer, owner: UserId) -> None:
        """Return if `by` may change the picture of `owner`.

        Raises:
            SignInRequired: Nobody is signed in.
            NotAllowed: Neither the owner nor an administrator.
        """
        if by.kind == "anonymous":
            raise SignInRequired
        if not by.may_change(owner):
            raise NotAllowed("Only the owner or an administrator may change this picture.")

    async def _current(self, user_id: UserId, expected: Collection[tuple[Epoch, int]] | None) -> Picture:
        """The record as the directory has it, checked against the precondition."""
        picture = (await self._engines.directory.load_many([user_id]))[user_id]
        if self._unknown_users == "404" and not picture.known:
            raise UnknownUser
        if expected is not None and (picture.epoch, picture.revision) not in expected:
            raise PreconditionFailed
        return picture

    def _describe(
        self, image_id: ImageId, owner: UserId, upload: bytes, crop: CropBox | None, rendered: Rendered
    ) -> Image:
        return Image(
            image_id=image_id,
            owner=owner,
            recipe=RECIPE,
            content_type=rendered.content_type,
            byte_count=len(upload),
            width=rendered.width,
            height=rendered.height,
            uploaded_at=self._engines.clock.now(),
            thumbhash=rendered.thumbhash,
            color=rendered.color,
            animated=rendered.animated,
            renditions=_describe_renditions(rendered.renditions),
            upload_digest=hashlib.sha256(upload).hexdigest(),
            crop="" if crop is None else str(crop),
            pixel_digest=rendered.pixel_digest,
            master="" if rendered.master is None else rendered.master[0],
        )

    async def _store(self, image_id: ImageId, rendered: Rendered) -> None:
        objects = {rendition_key(image_id, name): data for name, data in rendered.renditions}
        if rendered.master is not None:
            kind, data = rendered.master
            objects[master_key(image_id, kind)] = data
        await asyncio.gather(*(self._engines.objects.put_if_absent(key, data) for key, data in objects.items()))

    async def _commit(
        self, current: Picture, image: Image | None, expected: Collection[tuple[Epoch, int]] | None
    ) -> Picture:
        # Shielded: a caller that goes away between the commit and the announcement must not leave caches behind.
        return await asyncio.shield(asyncio.ensure_future(self._commit_and_tell(current, image, expected)))

    async def _commit_and_tell(
        self, current: Picture, image: Image | None, expected: Collection[tuple[Epoch, int]] | None
    ) -> Picture:
        for _ in range(COMMIT_TRIES):
            picture = replace(
                current,
                revision=current.revision + 1,
                image=image,
                known=True,
                changed_at=self._engines.clock.now(),
            )
            if await self._engines.directory.compare_and_set(picture):
                await self._tell(picture)
                return picture
            current = await self._current(picture.user_id, expected)
            if _id(current.image) == _id(image):
                return current  # the winner wanted the same
        raise LostRace

    async def _tell(self, picture: Picture) -> None:
        """Write the newer record to the caches, then announce it; neither can undo the commit."""
        await self._pictures.put(picture.user_id, picture)
        image_id = _id(picture.image)
        event = PictureChanged(picture.user_id, picture.epoch, picture.revision, image_id)
        try:
            await self._engines.events.publish(event)
        except Unavailable:
            _log.warning(telemetry.EVENT_LOST, revision=picture.revision)
        _log.info(
            telemetry.PICTURE_REMOVED if image_id is None else telemetry.PICTURE_REPLACED,
            revision=picture.revision,
        )


def _id(image: Image | None) -> ImageId | None:
    return None if image is None else image.image_id


def _describe_renditions(renditions: Iterable[tuple[RenditionName, bytes]]) -> tuple[Rendition, ...]:
    return tuple(Rendition(name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in renditions)
