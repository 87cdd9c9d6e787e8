"""The core on memory adapters: reading, and how layers that fail are borne (laws 3 and 6)."""

from __future__ import annotations

import asyncio

import pytest

from avatarium.adapters.memory import MemoryDirectory
from avatarium.errors import NotAllowed, TooManyIds, Unavailable, UnknownImage, UnknownRendition, UnknownUser
from avatarium.model import DISPLAY_RENDITION, ImageId, Picture, RenditionName, UserId, Viewer
from doubles import FailingDirectory, FailingObjectStore, GatedDirectory, settle
from worlds import ADA, ALAN, CACHE_SECONDS, EPOCH, OTHER_EPOCH, World

SERVICE = Viewer.service()


async def test_a_person_nobody_knows_has_the_default_picture() -> None:
    world = World()

    resolved = await world.service.resolve(ADA)

    assert resolved.picture == Picture(ADA, EPOCH, 0, None, known=False)


async def test_a_person_nobody_knows_is_an_error_where_the_directory_is_the_list_of_users() -> None:
    world = World(unknown_users="404")
    await world.service.name_people({ADA: "Ada Lovelace"}, by=SERVICE)

    with pytest.raises(UnknownUser):
        await world.service.resolve(ALAN)
    with pytest.raises(UnknownUser):
        await world.service.resolve_many([ADA, ALAN])
    assert (await world.service.resolve(ADA)).picture.name == "Ada Lovelace"


async def test_the_answer_says_which_layer_it_came_from() -> None:
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)
    directory.loading.shut()
    callers = [asyncio.create_task(world.service.resolve(ADA)) for _ in range(3)]
    await settle()

    directory.loading.open()
    sources = [resolved.source for resolved in await asyncio.gather(*callers)]

    assert sources == ["miss", "collapsed", "collapsed"]
    assert (await world.service.resolve(ADA)).source == "hit"


async def test_a_batch_is_one_question_to_the_directory() -> None:
    world = World()
    people = [UserId(f"person-{index}") for index in range(1000)]

    first = await world.service.resolve_many([*people[:500], *people[:500]])
    second = await world.service.resolve_many(people)

    assert (len(first), len(second), world.directory.loads) == (500, 1000, 2)


async def test_a_change_by_another_process_is_seen_when_the_record_is_no_longer_fresh() -> None:
    world = World()
    await world.service.resolve(ADA)
    world_of_another_process = World(directory=world.directory)
    await world_of_another_process.service.replace(ADA, b"photo", by=SERVICE)

    world.clock.advance(CACHE_SECONDS - 0.1)
    before = await world.service.resolve(ADA)
    world.clock.advance(0.1)
    after = await world.service.resolve(ADA)

    assert (before.picture.revision, after.picture.revision) == (0, 1)


async def test_a_dead_cache_costs_only_time() -> None:
    """Trap 54."""
    world = World()
    world.key_value.reading_fails = world.key_value.writing_fails = ConnectionError("gone")

    picture = await world.service.replace(ADA, b"photo", by=SERVICE)
    resolved = await world.service.resolve(ADA)

    assert resolved.picture == picture


async def test_a_dead_directory_is_unavailable_and_not_a_default_picture() -> None:
    directory = FailingDirectory(EPOCH)
    world = World(directory=directory)
    directory.broken = True

    with pytest.raises(Unavailable):
        await world.service.resolve(ADA)
    with pytest.raises(Unavailable):
        await world.service.ready()
    with pytest.raises(Unavailable):
        await world.service.replace(ADA, b"photo", by=SERVICE)


async def test_what_the_cache_holds_is_answered_while_the_directory_is_dead() -> None:
    directory = FailingDirectory(EPOCH)
    world = World(directory=directory)
    picture = await world.service.replace(ADA, b"photo", by=SERVICE)
    directory.broken = True

    assert (await world.service.resolve(ADA)).picture == picture


async def test_a_slow_old_answer_that_lands_after_a_change_is_dropped() -> None:
    """Trap 57, law 3."""
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)
    directory.loading.shut()
    slow = asyncio.create_task(world.service.resolve(ADA))
    await settle()  # the old row is read, the answer is held
    change = asyncio.create_task(world.service.replace(ADA, b"photo", by=SERVICE))
    directory.loading.open()
    await change

    assert (await slow).picture.revision in {0, 1}
    assert (await world.service.resolve(ADA)).picture.revision == 1


# ---------------------------------------------------------------- packs


async def test_a_pack_holds_everybody_for_a_caller_that_knows_nothing() -> None:
    world = World()
    ada = await world.service.replace(ADA, b"photo", by=SERVICE)

    pack = await world.service.pack([ADA, ALAN, ADA])

    assert pack.now == world.clock.now()
    assert pack.epoch == EPOCH
    assert pack.pictures == (ada, Picture(ALAN, EPOCH, 0, None, known=False))
    assert pack.unknown == (ALAN,)
    assert pack.inline == {}


@pytest.mark.parametrize(("known", "answered"), [(0, True), (1, False), (2, False)])
async def test_a_pack_leaves_out_what_the_caller_knows(*, known: int, answered: bool) -> None:
    world = World()
    await world.service.replace(ADA, b"photo", by=SERVICE)

    pack = await world.service.pack([ADA], known={ADA: known}, epoch=EPOCH)

    assert bool(pack.pictures) is answered


async def test_knowing_that_somebody_never_had_a_picture_is_knowing_something() -> None:
    pack = await World().service.pack([ADA], known={ADA: 0}, epoch=EPOCH)

    assert pack.pictures == ()
    assert pack.unknown == (ADA,)


@pytest.mark.parametrize("epoch", [OTHER_EPOCH, None])
async def test_what_a_caller_knows_of_another_epoch_is_worth_nothing(epoch: str | None) -> None:
    world = World()
    await world.service.replace(ADA, b"photo", by=SERVICE)

    pack = await world.service.pack([ADA], known={ADA: 99}, epoch=OTHER_EPOCH if epoch else None)

    assert [picture.revision for picture in pack.pictures] == [1]


async def test_unknown_people_are_named_and_not_answered_where_the_directory_is_the_list_of_users() -> None:
    world = World(unknown_users="404")
    await world.service.name_people({ADA: "Ada Lovelace"}, by=SERVICE)

    pack = await world.service.pack([ADA, ALAN])

    assert [picture.user_id for picture in pack.pictures] == [ADA]
    assert pack.unknown == (ALAN,)


async def test_answers_stand_in_the_order_of_the_question_wherever_they_came_from() -> None:
    world = World()
    people = [UserId(f"person-{index}") for index in range(6)]
    await world.service.resolve_many(people[::2])

    assert list(await world.service.resolve_many(people)) == people
    assert [picture.user_id for picture in (await world.service.pack(people[::-1])).pictures] == people[::-1]


async def test_a_batch_has_at_most_a_thousand_ids() -> None:
    world = World()
    people = [UserId(f"person-{index}") for index in range(1001)]

    assert len((await world.service.pack(people[:1000])).pictures) == 1000
    for ask in (world.service.pack, world.service.resolve_many):
        with pytest.raises(TooManyIds):
            await ask(people)
    assert world.directory.loads == 1


async def test_the_first_two_hundred_pictures_of_a_pack_can_carry_their_smallest_rendition() -> None:
    world = World()
    people = [UserId(f"person-{index:03}") for index in range(203)]
    for user_id in people[1:]:
        await world.service.replace(user_id, b"photo", by=SERVICE)

    pack = await world.service.pack(people, with_inline=True)

    # The first has no picture; the next 199 stand among the first two hundred.
    assert set(pack.inline) == set(people[1:200])
    assert all(data.startswith(b"64.webp:") for data in pack.inline.values())


async def test_a_dead_object_store_costs_a_pack_its_inline_pictures_only() -> None:
    objects = FailingObjectStore()
    world = World(objects=objects)
    ada = await world.service.replace(ADA, b"photo", by=SERVICE)
    objects.broken = True

    pack = await world.service.pack([ADA], with_inline=True)

    assert (pack.pictures, pack.inline) == ((ada,), {})


async def test_bytes_that_are_lost_are_left_out_of_a_pack() -> None:
    world = World()
    ada = await world.service.replace(ADA, b"photo", by=SERVICE)
    assert ada.image is not None
    async for key in world.objects.list("pictures"):
        await world.objects.delete(key)

    pack = await world.service.pack([ADA], with_inline=True)

    assert (pack.pictures, pack.inline) == ((ada,), {})


# ---------------------------------------------------------------- images and bytes


async def test_an_image_is_known_by_its_id_also_when_it_is_no_longer_anybodys() -> None:
    world = World()
    old = (await world.service.replace(ADA, b"old", by=SERVICE)).image
    await world.service.replace(ADA, b"new", by=SERVICE)
    assert old is not None

    assert await world.service.image(old.image_id) == old
    assert await world.service.rendition_bytes(old.image_id, DISPLAY_RENDITION)


async def test_an_image_or_rendition_that_does_not_exist_is_named_as_such() -> None:
    world = World()
    image = (await world.service.replace(ADA, b"photo", by=SERVICE)).image
    assert image is not None

    with pytest.raises(UnknownImage):
        await world.service.image(ImageId("z" * 26))
    with pytest.raises(UnknownImage):
        await world.service.rendition(ImageId("z" * 26), DISPLAY_RENDITION)
    with pytest.raises(UnknownRendition):
        await world.service.rendition(image.image_id, RenditionName(1024, "webp"))


async def test_an_image_id_that_is_asked_before_it_exists_is_found_afterwards() -> None:
    """Trap 17: "not there" must not be remembered for ever."""
    world = World()
    other = World()
    image = (await other.service.replace(ADA, b"photo", by=SERVICE)).image
    assert image is not None
    with pytest.raises(UnknownImage):
        await world.service.image(image.image_id)

    await world.service.replace(ADA, b"photo", by=SERVICE)

    assert (await world.service.image(image.image_id)).image_id == image.image_id


async def test_what_is_known_of_a_rendition_is_true_of_its_bytes_and_asks_no_store() -> None:
    """Trap 18."""
    objects = FailingObjectStore()
    world = World(objects=objects)
    image = (await world.service.replace(ADA, b"photo", by=SERVICE)).image
    assert image is not None
    data = await world.service.rendition_bytes(image.image_id, DISPLAY_RENDITION)
    objects.broken = True

    _, rendition = await world.service.rendition(image.image_id, DISPLAY_RENDITION)

    assert rendition.byte_count == len(data)


async def test_bytes_that_cannot_be_fetched_are_unavailable() -> None:
    objects = FailingObjectStore()
    world = World(objects=objects)
    image = (await world.service.replace(ADA, b"photo", by=SERVICE)).image
    assert image is not None
    objects.broken = True

    with pytest.raises(Unavailable):
        await world.service.rendition_bytes(image.image_id, DISPLAY_RENDITION)
    objects.broken = False
    with pytest.raises(Unavailable):
        await world.service.rendition_bytes(ImageId("z" * 26), DISPLAY_RENDITION)


# ---------------------------------------------------------------- lifetime


async def test_opening_and_closing_reaches_every_engine() -> None:
    calls: list[str] = []

    class Watched(MemoryDirectory):
        async def open(self) -> None:
            calls.append("open")

        async def close(self) -> None:
            calls.append("close")

    world = World(directory=Watched(EPOCH))

    await world.service.open()
    await world.service.close()

    assert calls == ["open", "close"]
    assert world.key_value.byte_count == 0


async def test_closing_waits_for_what_is_under_way() -> None:
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)
    directory.loading.shut()
    reader = asyncio.create_task(world.service.resolve(ADA))
    await settle()
    closing = asyncio.create_task(world.service.close())
    await settle()
    assert not closing.done()

    directory.loading.open()
    await closing

    assert (await reader).picture.user_id == ADA


@pytest.mark.parametrize("viewer", [Viewer.anonymous(), Viewer.person(ADA)], ids=["anonymous", "person"])
async def test_only_administrators_and_the_application_name_people(viewer: Viewer) -> None:
    world = World()

    with pytest.raises(NotAllowed):
        await world.service.name_people({ADA: "Ada"}, by=viewer)

    await world.service.name_people({ADA: "Ada"}, by=Viewer.administrator(ALAN))
    assert (await world.service.resolve(ADA)).picture.name == "Ada"
