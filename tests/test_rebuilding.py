"""A new recipe makes everybody's ladder anew, from masters, as often as it is run, while pictures change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import photographs
from avatarium.adapters.memory import MemoryDirectory, ThreadImageProcessor
from avatarium.errors import BadConfiguration, NotAllowed, Unavailable, UndecodableImage
from avatarium.imaging import RECIPE
from avatarium.keys import derive_image_id, master_key
from avatarium.model import CropBox, ImageLimits, RenditionName, UserId, Viewer
from avatarium.rebuilding import Shard, rebuild
from doubles import StubImageProcessor
from worlds import ADA, ALAN, EPOCH, SECRET, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avatarium.model import Picture, Rendered

SERVICE = Viewer.service()
NEXT_RECIPE = RECIPE + 1
ALL = Shard()


@pytest.fixture
def world() -> World:
    return World(processor=ThreadImageProcessor(ImageLimits(), master_side=512))


def change_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatarium.service.RECIPE", NEXT_RECIPE)


async def picture_of(world: World, user_id: UserId) -> Picture:
    return (await world.directory.load_many([user_id]))[user_id]


async def test_a_picture_gets_a_new_ladder_under_the_id_of_the_new_recipe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, box = photographs.jpeg(200, 200), CropBox(0, 0, 100, 100)
    old = await world.service.replace(ADA, upload, by=SERVICE, crop=box)
    change_recipe(monkeypatch)

    report = await rebuild(world.service, shard=ALL, at_once=2)

    new = await picture_of(world, ADA)
    assert report.outcomes == {"rebuilt": 1}
    assert new.revision == old.revision + 1
    assert new.image is not None
    assert old.image is not None
    assert new.image.image_id == derive_image_id(SECRET, ADA, 0, NEXT_RECIPE, box, upload)
    assert (new.image.width, new.image.uploaded_at) == (old.image.width, old.image.uploaded_at)
    for rendition in new.image.renditions:
        assert await world.service.rendition_bytes(new.image.image_id, rendition.name)
    assert (await world.service.resolve(ADA)).picture.revision == new.revision
    assert [event.revision for event in world.events.published] == [1, 2]


async def test_running_it_again_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.service.replace(ADA, photographs.jpeg(), by=SERVICE)
    change_recipe(monkeypatch)
    await rebuild(world.service, shard=ALL, at_once=1)
    once = await picture_of(world, ADA)

    report = await rebuild(world.service, shard=ALL, at_once=1)

    assert report.outcomes == {"current": 1}
    assert await picture_of(world, ADA) == once


async def test_a_picture_can_be_made_anew_again_and_again_without_losing_quality(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await world.service.replace(ADA, photographs.jpeg(), by=SERVICE)
    assert first.image is not None
    master = await world.objects.get(master_key(first.image.image_id, "jpg"))
    for number in (1, 2, 3):
        monkeypatch.setattr("avatarium.service.RECIPE", RECIPE + number)
        await rebuild(world.service, shard=ALL, at_once=1)

    last = await picture_of(world, ADA)
    assert last.image is not None
    assert await world.objects.get(master_key(last.image.image_id, "jpg")) == master


async def test_the_same_upload_after_a_rebuild_is_no_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.service.replace(ADA, photographs.jpeg(), by=SERVICE)
    change_recipe(monkeypatch)
    await rebuild(world.service, shard=ALL, at_once=1)

    assert (await world.service.replace(ADA, photographs.jpeg(), by=SERVICE)).revision == 2


async def test_motion_and_lossless_transparency_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.service.replace(ADA, photographs.animation([photographs.RED, photographs.BLUE]), by=SERVICE)
    await world.service.replace(ALAN, photographs.png(color=(1, 2, 3, 90)), by=SERVICE)
    change_recipe(monkeypatch)

    await rebuild(world.service, shard=ALL, at_once=1)

    ada, alan = (await picture_of(world, ADA)).image, (await picture_of(world, ALAN)).image
    assert ada is not None
    assert alan is not None
    assert ada.animated
    assert ada.animated_sizes == (64, 128, 256)
    moving = RenditionName(64, "webp", animated=True)
    assert b"ANIM" in await world.service.rendition_bytes(ada.image_id, moving)
    assert alan.formats == ("webp", "jpg", "png")


async def test_where_no_master_was_kept_the_old_ladder_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(processor=ThreadImageProcessor(ImageLimits()))
    old = await world.service.replace(ADA, photographs.jpeg(), by=SERVICE)
    change_recipe(monkeypatch)

    report = await rebuild(world.service, shard=ALL, at_once=1)

    assert report.outcomes == {"kept": 1}
    assert (await picture_of(world, ADA)).image == old.image


class MeanwhileProcessor(ThreadImageProcessor):
    """While it works on a master, the person takes the picture away."""

    world: World

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        rendered = await super().render(upload, crop)
        if self.renders == 2:
            await self.world.service.remove(ADA, by=SERVICE)
        return rendered


async def test_whoever_changes_the_picture_meanwhile_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = MeanwhileProcessor(ImageLimits(), master_side=512)
    processor.world = World(processor=processor)
    await processor.world.service.replace(ADA, photographs.jpeg(), by=SERVICE)
    change_recipe(monkeypatch)

    report = await rebuild(processor.world.service, shard=ALL, at_once=1)

    assert report.outcomes == {"overtaken": 1}
    assert (await picture_of(processor.world, ADA)).image is None


class ChokingProcessor(ThreadImageProcessor):
    """Fails on the second and every later upload."""

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        if self.renders >= 2:
            raise UndecodableImage
        return await super().render(upload, crop)


async def test_one_picture_that_fails_does_not_stop_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(processor=ChokingProcessor(ImageLimits(), master_side=512))
    for user_id in (ADA, ALAN):
        await world.service.replace(user_id, photographs.jpeg(), by=SERVICE)
    change_recipe(monkeypatch)

    report = await rebuild(world.service, shard=ALL, at_once=1)

    assert report.outcomes == {"failed": 2}


class AbsentDirectory(MemoryDirectory):
    """Does not say who is in it."""

    async def list_people(self, after: UserId | None, limit: int) -> Sequence[UserId]:
        raise Unavailable


async def test_a_directory_that_goes_away_ends_the_run_so_that_it_can_be_run_again() -> None:
    directory = AbsentDirectory(EPOCH)
    world = World(directory=directory)

    with pytest.raises(Unavailable):
        await asyncio.wait_for(rebuild(world.service, shard=ALL, at_once=3), 5)


async def test_shards_share_everybody_out_once() -> None:
    world = World(processor=StubImageProcessor())
    people = {UserId(f"person-{number}"): f"Person {number}" for number in range(2500)}
    await world.directory.name_people(people)
    seen: list[str] = []

    for number in (1, 2, 3):
        report = await rebuild(world.service, shard=Shard(number, 3), at_once=4, progress=seen.append)
        assert 700 < report.outcomes["current"] < 950

    assert len(seen) == len(people)


async def test_only_those_who_run_the_service_may(world: World) -> None:
    with pytest.raises(NotAllowed):
        await world.service.rebuild(ADA, by=Viewer.person(ADA))


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "a/b", "1/0", "-1/2", "1/3/4"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        Shard.parse(text)
