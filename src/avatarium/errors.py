"""Every error that Avatarium raises, grouped by what the caller can do about it.

    AvatariumError
    ├── BadRequest              change the request
    │   ├── MalformedUserId         400
    │   ├── MalformedImageId        400
    │   ├── MalformedRequest        400
    │   ├── MalformedCrop           400
    │   ├── EmptyUpload             400
    │   ├── TooManyIds              413
    │   ├── UploadTooLarge          413
    │   ├── TooManyPixels           413
    │   ├── TooManyFrames           413
    │   ├── NotAnImage              415
    │   ├── UndecodableImage        422
    │   └── AspectBeyondLimit       422
    ├── NotThere                ask for something else
    │   ├── UnknownUser             404
    │   ├── UnknownImage            404
    │   ├── UnknownRendition        404
    │   ├── UnknownPath             404
    │   ├── MethodNotAllowed        405
    │   └── RangeNotSatisfiable     416
    ├── NotPermitted            sign in, or ask someone who may
    │   ├── SignInRequired          401
    │   ├── NotAllowed              403
    │   └── CrossSiteWrite          403
    ├── Conflict                read again, then decide
    │   ├── LostRace                409
    │   └── PreconditionFailed      412
    ├── TryLater                the same request may succeed later
    │   ├── TooManyRequests         429
    │   └── Unavailable             503
    └── BadConfiguration        change the settings (never leaves the start-up)

`code` is stable and is what clients compare. `detail` says what to fix and is safe to show; nothing of the
inside (paths, engine messages, stack traces) is ever in it.
"""

from __future__ import annotations

from typing import ClassVar


class AvatariumError(Exception):
    """The root: everything that Avatarium raises on purpose.

    Args:
        detail: One sentence for the caller about this case; the class's title when left out.
    """

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong."
    report: ClassVar[bool] = False
    """Whether someone should be told: true only where the fault is ours or an engine's."""

    def __init__(self, detail: str | None = None) -> None:
        self.detail = self.title if detail is None else detail
        super().__init__(self.detail)


class BadRequest(AvatariumError):
    """The request must change before it can succeed."""

    code = "malformed-request"
    status = 400
    title = "The request is not well formed."


class MalformedUserId(BadRequest):
    """The user id has a shape that cannot stand in a path."""

    code = "malformed-user-id"
    title = "The user id is not well formed."


class MalformedImageId(BadRequest):
    """The image id is not 26 characters of a-z and 2-7."""

    code = "malformed-image-id"
    title = "The image id is not well formed."


class MalformedRequest(BadRequest):
    """The body is not the JSON that the operation takes."""


class MalformedCrop(BadRequest):
    """The crop box is not `x,y,width,height` inside of the oriented picture."""

    code = "malformed-crop"
    title = "The crop box is not x,y,width,height inside of the picture."


class EmptyUpload(BadRequest):
    """The upload has no bytes."""

    code = "empty-upload"
    title = "The upload has no bytes."


class TooManyIds(BadRequest):
    """The batch names more ids, or is longer, than allowed."""

    code = "too-many-ids"
    status = 413
    title = "The batch names too many ids."


class UploadTooLarge(BadRequest):
    """The upload has more bytes than allowed."""

    code = "upload-too-large"
    status = 413
    title = "The upload has too many bytes."


class TooManyPixels(BadRequest):
    """The picture claims more pixels than allowed; nothing was decoded."""

    code = "too-many-pixels"
    status = 413
    title = "The picture has too many pixels."


class TooManyFrames(BadRequest):
    """The animation has more frames, or more pixels over all frames, than allowed."""

    code = "too-many-frames"
    status = 413
    title = "The animation has too many frames."


class NotAnImage(BadRequest):
    """The bytes are not of an allowed image format."""

    code = "not-an-image"
    status = 415
    title = "The upload is not a JPEG, PNG, WebP, GIF or AVIF picture."


class UndecodableImage(BadRequest):
    """The bytes start like a picture, but no whole picture can be read from them."""

    code = "undecodable-image"
    status = 422
    title = "The picture is damaged or incomplete."


class AspectBeyondLimit(BadRequest):
    """One side of the picture is too many times longer than the other."""

    code = "aspect-beyond-limit"
    status = 422
    title = "The picture is too long and narrow."


class NotThere(AvatariumError):
    """What was asked for does not exist."""

    code = "unknown-path"
    status = 404
    title = "There is nothing at this address."


class UnknownUser(NotThere):
    """The directory is the list of users, and this id is not on it."""

    code = "unknown-user"
    title = "There is no such user."


class UnknownImage(NotThere):
    """No picture has this id."""

    code = "unknown-image"
    title = "There is no such picture."


class UnknownRendition(NotThere):
    """The picture exists, but not in this size or format."""

    code = "unknown-rendition"
    title = "The picture does not exist in this size or format."


class UnknownPath(NotThere):
    """No route has this path."""


class MethodNotAllowed(NotThere):
    """The path exists, but not for this method.

    Args:
        allowed: Every method that the path answers.
    """

    code = "method-not-allowed"
    status = 405
    title = "The method is not allowed here."

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"Allowed here: {', '.join(allowed)}.")


class RangeNotSatisfiable(NotThere):
    """The asked range of bytes lies behind the end.

    Args:
        length: Bytes of the whole.
    """

    code = "range-not-satisfiable"
    status = 416
    title = "The range lies behind the end."

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(f"There are {length} bytes.")


class NotPermitted(AvatariumError):
    """The caller may not do this."""

    code = "not-allowed"
    status = 403
    title = "You may not do this."


class SignInRequired(NotPermitted):
    """Nobody is signed in, and this needs somebody."""

    code = "sign-in-required"
    status = 401
    title = "Sign in first."


class NotAllowed(NotPermitted):
    """Somebody is signed in, but neither the owner nor an administrator."""


class CrossSiteWrite(NotPermitted):
    """A write that carries a cookie came from another site."""

    code = "cross-site-write"
    title = "Writes with a cookie must come from the same origin."


class Conflict(AvatariumError):
    """Somebody else changed the picture meanwhile."""

    code = "lost-race"
    status = 409
    title = "The picture was changed by others at the same time."


class LostRace(Conflict):
    """The compare-and-set lost five times in a row."""


class PreconditionFailed(Conflict):
    """`If-Match` names another revision than the current one."""

    code = "precondition-failed"
    status = 412
    title = "The picture has changed since it was read."


class TryLater(AvatariumError):
    """The same request may succeed later.

    Args:
        detail: One sentence for the caller.
        retry_after_seconds: Whole seconds, at least 1.
    """

    code = "unavailable"
    status = 503
    title = "The service cannot answer right now."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1) -> None:
        self.retry_after_seconds = max(1, retry_after_seconds)
        super().__init__(detail)


class TooManyRequests(TryLater):
    """The caller used up its share for now."""

    code = "too-many-requests"
    status = 429
    title = "Too many requests."


class Unavailable(TryLater):
    """An engine that is needed for this answer did not answer."""

    report = True


class BadConfiguration(AvatariumError):
    """The settings contradict each other or cannot work; raised at start-up only."""

    code = "bad-configuration"
    title = "The configuration cannot work."
    report = True
