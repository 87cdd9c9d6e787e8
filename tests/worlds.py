"""A whole service on memory adapters, with every engine at hand; and made records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from avatarium.adapters.memory import ManualClock, MemoryDirectory, MemoryObjectStore
from avatarium.delivery import Delivery
from avatarium.model import ALL_RENDITIONS, Epoch, Image, ImageId, ImageLimits, Picture, Rendition, UserId
from avatarium.service import Engines, PictureService
from doubles import FailingKeyValue, RecordingEventBus, StubImageProcessor

if TYPE_CHECKING:
    from avatarium.ports import ImageProcessor

EPOCH = Epoch("aaaaaaaaaaaaaaaaaaaaaaaaaa")
OTHER_EPOCH = Epoch("bbbbbbbbbbbbbbbbbbbbbbbbbb")
SECRET = b"a key for tests, of 32 bytes and more"
ADA = UserId("ada")
ALAN = UserId("alan")
CACHE_SECONDS = 300.0


def make_image(number: int = 1, owner: UserId = ADA) -> Image:
    """An image record; `number` makes its id and digests."""
    name = "abcdefghijklmnopqrstuvwxyz"[number % 26] * 25 + "abcdefghijklmnopqrstuvwxyz"[number // 26 % 26]
    return Image(
        image_id=ImageId(name),
        owner=owner,
        recipe=1,
        content_type="image/jpeg",
        byte_count=1000 + number,
        width=640,
        height=480,
        uploaded_at=1_750_000_000.0,
        thumbhash="3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
        color="#8a7b6c",
        animated=False,
        renditions=tuple(Rendition(name, f"{number:064x}", 100 + number) for name in ALL_RENDITIONS),
    )


def make_picture(
    user_id: UserId = ADA, revision: int = 1, image: Image | None = None, epoch: Epoch = EPOCH, name: str | None = None
) -> Picture:
    """A picture record of a known person."""
    return Picture(user_id, epoch, revision, image, name=name, changed_at=1_750_000_000.0 + revision)


@dataclass
class World:
    """A service and all that it stands on."""

    unknown_users: Literal["default", "404"] = "default"
    limits: ImageLimits = field(default_factory=ImageLimits)
    clock: ManualClock = field(default_factory=ManualClock)
    directory: MemoryDirectory = field(default_factory=lambda: MemoryDirectory(EPOCH))
    objects: MemoryObjectStore = field(default_factory=MemoryObjectStore)
    events: RecordingEventBus = field(default_factory=RecordingEventBus)
    processor: ImageProcessor = field(default_factory=StubImageProcessor)
    key_value: FailingKeyValue = field(init=False)
    service: PictureService = field(init=False)

    def __post_init__(self) -> None:
        self.key_value = FailingKeyValue(self.clock, 1_000_000)
        self.service = self.another_service()

    @property
    def engines(self) -> Engines:
        return Engines(
            directory=self.directory,
            objects=self.objects,
            key_value=self.key_value,
            events=self.events,
            processor=self.processor,
            clock=self.clock,
        )

    def another_service(self) -> PictureService:
        """A second process on the same engines."""
        return PictureService(
            self.engines,
            Delivery(SECRET),
            secret=SECRET,
            limits=self.limits,
            unknown_users=self.unknown_users,
            cache_seconds=CACHE_SECONDS,
        )
