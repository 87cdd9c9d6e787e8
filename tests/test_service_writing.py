"""The core on memory adapters: who may change what, races, and what is told to whom when (traps 13, 57, 58)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.errors import (
    EmptyUpload,
    LostRace,
    NotAllowed,
    PreconditionFailed,
    SignInRequired,
    Unavailable,
    UnknownUser,
    UploadTooLarge,
)
from avatarium.model import DISPLAY_RENDITION, CropBox, ImageLimits, Picture, PictureChanged, UserId, Viewer
from avatarium.service import COMMIT_TRIES, PictureService
from doubles import FailingObjectStore, GatedDirectory, LosingDirectory, StubImageProcessor, settle
from worlds import ADA, ALAN, EPOCH, OTHER_EPOCH, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avatarium.model import Epoch, ImageId

SERVICE = Viewer.service()
PEOPLE = {
    "anonymous": Viewer.anonymous(),
    "somebody else": Viewer.person(ALAN),
    "owner": Viewer.person(ADA),
    "administrator": Viewer.administrator(ALAN),
    "administrator without a name": Viewer.administrator(),
    "the application": SERVICE,
}
REFUSED = {"anonymous": SignInRequired, "somebody else": NotAllowed}


def image_id(picture: Picture) -> ImageId | None:
    return None if picture.image is None else picture.image.image_id


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("action", ["replace", "remove"])
async def test_the_owner_an_administrator_and_the_application_may_change_a_picture(who: str, action: str) -> None:
    world = World()
    await world.service.replace(ADA, b"before", by=SERVICE)
    writing = (
        world.service.replace(ADA, b"photo", by=PEOPLE[who])
        if action == "replace"
        else world.service.remove(ADA, by=PEOPLE[who])
    )

    if who in REFUSED:
        with pytest.raises(REFUSED[who]):
            await writing
    else:
        assert (await writing).revision == 2
    assert (await world.service.resolve(ADA)).picture.revision == (1 if who in REFUSED else 2)


async def test_a_refused_upload_is_not_even_looked_at() -> None:
    world = World(processor=StubImageProcessor())

    with pytest.raises(NotAllowed):
        await world.service.replace(ADA, b"", by=Viewer.person(ALAN))

    assert world.directory.loads == 0


async def test_an_empty_or_too_large_upload_is_refused_before_anything_is_asked() -> None:
    processor = StubImageProcessor()
    world = World(limits=ImageLimits(max_bytes=10), processor=processor)

    with pytest.raises(EmptyUpload):
        await world.service.replace(ADA, b"", by=SERVICE)
    with pytest.raises(UploadTooLarge, match="10 bytes"):
        await world.service.replace(ADA, b"x" * 11, by=SERVICE)
    assert (world.directory.loads, processor.renders) == (0, 0)
    assert (await world.service.replace(ADA, b"x" * 10, by=SERVICE)).revision == 1


async def test_nobody_changes_the_picture_of_a_person_the_list_of_users_lacks() -> None:
    world = World(unknown_users="404")

    with pytest.raises(UnknownUser):
        await world.service.replace(ADA, b"photo", by=SERVICE)
    with pytest.raises(UnknownUser):
        await world.service.remove(ADA, by=SERVICE)


# ---------------------------------------------------------------- what a change is


async def test_a_first_picture_is_revision_one_and_is_seen_at_once() -> None:
    world = World()

    picture = await world.service.replace(ADA, b"photo", by=Viewer.person(ADA))

    assert (picture.revision, picture.known, picture.epoch) == (1, True, EPOCH)
    assert picture.changed_at == world.clock.now()
    assert (await world.service.resolve(ADA)).picture == picture


async def test_the_same_upload_twice_is_one_revision_and_one_rendering() -> None:
    processor = StubImageProcessor()
    world = World(processor=processor)

    first = await world.service.replace(ADA, b"photo", by=SERVICE)
    second = await world.service.replace(ADA, b"photo", by=SERVICE)

    assert first == second
    assert processor.renders == 1
    assert len(world.events.published) == 1


async def test_the_same_upload_in_two_tabs_at_once_is_one_revision() -> None:
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)

    pictures = await asyncio.gather(*(world.service.replace(ADA, b"photo", by=SERVICE) for _ in range(5)))

    assert {picture.revision for picture in pictures} == {1}
    assert len(world.events.published) == 1


async def test_another_crop_of_the_same_upload_is_another_picture() -> None:
    world = World()

    whole = await world.service.replace(ADA, b"photo", by=SERVICE)
    cropped = await world.service.replace(ADA, b"photo", by=SERVICE, crop=CropBox(0, 0, 10, 10))

    assert image_id(whole) != image_id(cropped)
    assert cropped.revision == 2


async def test_back_to_an_earlier_picture_is_a_new_revision_with_the_old_id() -> None:
    world = World()

    pictures = [await world.service.replace(ADA, upload, by=SERVICE) for upload in (b"a", b"b", b"a")]

    assert [picture.revision for picture in pictures] == [1, 2, 3]
    assert image_id(pictures[0]) == image_id(pictures[2]) != image_id(pictures[1])


async def test_two_people_with_the_same_photo_have_different_pictures_and_lose_only_their_own() -> None:
    world = World()
    ada = await world.service.replace(ADA, b"photo", by=SERVICE)
    alan = await world.service.replace(ALAN, b"photo", by=SERVICE)

    await world.service.remove(ADA, by=SERVICE)

    assert image_id(ada) != image_id(alan)
    assert (await world.service.resolve(ALAN)).picture == alan
    assert alan.image is not None
    assert await world.service.rendition_bytes(alan.image.image_id, DISPLAY_RENDITION)


async def test_replacing_keeps_the_old_bytes() -> None:
    """Trap 13."""
    world = World()
    old = await world.service.replace(ADA, b"old", by=SERVICE)
    assert old.image is not None

    await world.service.replace(ADA, b"new", by=SERVICE)

    assert await world.service.rendition_bytes(old.image.image_id, DISPLAY_RENDITION)


async def test_removing_goes_back_to_the_default_picture_in_a_new_revision() -> None:
    world = World()
    await world.service.replace(ADA, b"photo", by=SERVICE)

    removed = await world.service.remove(ADA, by=SERVICE)

    assert (removed.image, removed.revision) == (None, 2)
    assert (await world.service.resolve(ADA)).picture == removed


@pytest.mark.parametrize("revision", [0, 2])
async def test_removing_where_there_is_no_picture_changes_nothing(revision: int) -> None:
    world = World()
    if revision:
        await world.service.replace(ADA, b"photo", by=SERVICE)
        await world.service.remove(ADA, by=SERVICE)
    told = len(world.events.published)

    removed = await world.service.remove(ADA, by=SERVICE)

    assert (removed.revision, removed.image) == (revision, None)
    assert len(world.events.published) == told


async def test_removing_twice_at_once_is_one_revision() -> None:
    world = World()
    await world.service.replace(ADA, b"photo", by=SERVICE)

    pictures = await asyncio.gather(*(world.service.remove(ADA, by=SERVICE) for _ in range(5)))

    assert {picture.revision for picture in pictures} == {2}


async def test_bytes_are_stored_before_the_record_names_them() -> None:
    objects = FailingObjectStore()
    world = World(objects=objects)
    objects.broken = True

    with pytest.raises(Unavailable):
        await world.service.replace(ADA, b"photo", by=SERVICE)

    assert (await world.service.resolve(ADA)).picture.revision == 0
    assert world.events.published == []


# ---------------------------------------------------------------- preconditions and races


@pytest.mark.parametrize(
    ("expected", "passes"),
    [
        (None, True),
        ([(EPOCH, 1)], True),
        ([(EPOCH, 7), (EPOCH, 1)], True),
        ([(EPOCH, 0)], False),
        ([(EPOCH, 2)], False),
        ([(OTHER_EPOCH, 1)], False),
        ([], False),
    ],
)
async def test_a_precondition_names_epoch_and_revision(
    *, expected: Sequence[tuple[Epoch, int]] | None, passes: bool
) -> None:
    world = World()
    await world.service.replace(ADA, b"one", by=SERVICE)

    if passes:
        assert (await world.service.replace(ADA, b"two", by=SERVICE, expected=expected)).revision == 2
    else:
        with pytest.raises(PreconditionFailed):
            await world.service.replace(ADA, b"two", by=SERVICE, expected=expected)
        with pytest.raises(PreconditionFailed):
            await world.service.remove(ADA, by=SERVICE, expected=expected)


async def test_of_two_writers_with_the_same_precondition_one_wins() -> None:
    world = World()
    await world.service.replace(ADA, b"one", by=SERVICE)
    expected = [(EPOCH, 1)]

    outcomes = await asyncio.gather(
        *(world.service.replace(ADA, upload, by=SERVICE, expected=expected) for upload in (b"a", b"b", b"c")),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Picture"] + ["PreconditionFailed"] * 2
    assert (await world.service.resolve(ADA)).picture.revision == 2


async def test_without_a_precondition_a_writer_that_lost_tries_again() -> None:
    directory = LosingDirectory(EPOCH, losses=COMMIT_TRIES - 1)
    world = World(directory=directory)

    picture = await world.service.replace(ADA, b"photo", by=SERVICE)

    assert (picture.revision, directory.tries) == (1, COMMIT_TRIES)


@pytest.mark.parametrize("action", ["replace", "remove"])
async def test_a_writer_that_lost_five_times_says_so(action: str) -> None:
    directory = LosingDirectory(EPOCH, losses=0)
    world = World(directory=directory)
    await world.service.replace(ADA, b"before", by=SERVICE)
    directory.losses, directory.tries = 1000, 0

    writing = (
        world.service.replace(ADA, b"photo", by=SERVICE)
        if action == "replace"
        else world.service.remove(ADA, by=SERVICE)
    )
    with pytest.raises(LostRace):
        await writing

    assert directory.tries == 5
    assert len(world.events.published) == 1


# ---------------------------------------------------------------- what is told


async def test_a_change_is_told_after_its_commit_and_once() -> None:
    """Trap 58."""
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)
    directory.committed.shut()
    writer = asyncio.create_task(world.service.replace(ADA, b"photo", by=SERVICE))
    await settle()
    assert directory.committed.arrived == 1
    assert world.events.published == []

    directory.committed.open()
    picture = await writer

    assert world.events.published == [PictureChanged(ADA, EPOCH, 1, image_id(picture))]
    await world.service.remove(ADA, by=SERVICE)
    assert world.events.published[1:] == [PictureChanged(ADA, EPOCH, 2, None)]


async def test_a_dead_event_bus_does_not_undo_a_change() -> None:
    world = World()
    world.events.broken = True

    picture = await world.service.replace(ADA, b"photo", by=SERVICE)

    assert (await world.service.resolve(ADA)).picture == picture


@pytest.mark.parametrize("action", ["replace", "remove"])
async def test_a_writer_that_goes_away_after_the_commit_leaves_no_old_cache_behind(action: str) -> None:
    directory = GatedDirectory(EPOCH)
    world = World(directory=directory)
    await world.service.replace(ADA, b"before", by=SERVICE)
    directory.committed.shut()
    work = (
        world.service.replace(ADA, b"photo", by=SERVICE)
        if action == "replace"
        else world.service.remove(ADA, by=SERVICE)
    )
    writer = asyncio.create_task(work)
    await settle()

    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    directory.committed.open()
    await settle()

    assert writer.cancelled()
    assert (await world.service.resolve(ADA)).picture.revision == 2
    assert [event.revision for event in world.events.published] == [1, 2]


# ---------------------------------------------------------------- law 3, for any sequence of writers


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["replace", "remove", "resolve", "pack", "wait", "forget", "break cache", "mend cache"]),
        st.sampled_from([ADA, ALAN]),
        st.integers(0, 3),
        st.integers(0, 1),
    ),
    max_size=40,
)


@given(STEPS)
async def test_whoever_writes_revisions_grow_by_one_and_nobody_ever_reads_backwards(
    steps: list[tuple[str, UserId, int, int]],
) -> None:
    """Law 3, with two processes on one directory and one cache, and a cache that breaks and forgets."""
    world = World()
    processes: list[PictureService] = [world.service, world.another_service()]
    revisions: dict[UserId, int] = {ADA: 0, ALAN: 0}
    images: dict[UserId, ImageId | None] = {ADA: None, ALAN: None}
    for action, user_id, number, process in steps:
        service = processes[process]
        if action in {"replace", "remove"}:
            before = revisions[user_id]
            picture = (
                await service.replace(user_id, f"upload {number}".encode(), by=SERVICE)
                if action == "replace"
                else await service.remove(user_id, by=SERVICE)
            )
            changed = image_id(picture) != images[user_id]
            assert picture.revision == before + changed
            revisions[user_id], images[user_id] = picture.revision, image_id(picture)
        elif action == "resolve":
            seen = (await service.resolve(user_id)).picture
            assert (seen.revision, image_id(seen)) == (revisions[user_id], images[user_id])
        elif action == "pack":
            pack = await service.pack([ADA, ALAN], known={user_id: number}, epoch=EPOCH)
            told = {picture.user_id: picture.revision for picture in pack.pictures}
            other = ALAN if user_id == ADA else ADA
            assert told[other] == revisions[other]
            assert told.get(user_id) == (revisions[user_id] if revisions[user_id] > number else None)
        elif action == "wait":
            world.clock.advance(100 * number)
        elif action == "forget":
            await world.key_value.close()
        else:
            broken = ConnectionError("gone") if action == "break cache" else None
            # What it held while it was unreachable may be old: a cache that comes back starts empty.
            if broken is None and world.key_value.reading_fails:
                await world.key_value.close()
            world.key_value.reading_fails = world.key_value.writing_fails = broken


@given(
    st.lists(st.tuples(st.sampled_from(["replace", "remove"]), st.integers(0, 2)), min_size=1, max_size=5),
    st.integers(0, 3),
)
async def test_concurrent_writers_leave_one_chain_of_revisions(writes: list[tuple[str, int]], losses: int) -> None:
    world = World(directory=LosingDirectory(EPOCH, losses=losses))

    outcomes = await asyncio.gather(
        *(
            world.service.replace(ADA, f"upload {number}".encode(), by=SERVICE)
            if action == "replace"
            else world.service.remove(ADA, by=SERVICE)
            for action, number in writes
        ),
        return_exceptions=True,
    )

    assert all(isinstance(outcome, (Picture, LostRace)) for outcome in outcomes)
    told = [event.revision for event in world.events.published]
    assert told == list(range(1, len(told) + 1))
    assert (await world.service.resolve(ADA)).picture.revision == len(told)
