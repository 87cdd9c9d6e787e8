"""What the first bytes of an upload prove; names and types that the client sent are not asked (trap 50)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from avatarium.errors import EmptyUpload, NotAnImage, UploadTooLarge

if TYPE_CHECKING:
    from avatarium.imaging.context import Context

_HEIC_BRANDS: Final = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}


def sniff_format(context: Context) -> None:
    """Step `sniff`: sets `content_type`.

    Raises:
        EmptyUpload: There are no bytes.
        UploadTooLarge: More than `limits.max_bytes` bytes.
        NotAnImage: They are not the start of an allowed format.
    """
    if len(context.upload) > context.limits.max_bytes:
        raise UploadTooLarge(f"An upload has at most {context.limits.max_bytes} bytes.")
    context.content_type = sniff(context.upload)


def sniff(upload: bytes) -> str:
    """The media type that the first bytes prove.

    Raises:
        EmptyUpload: There are no bytes.
        NotAnImage: They are not the start of an allowed format.
    """
    if not upload:
        raise EmptyUpload
    if upload.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if upload.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if upload.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if upload[:4] == b"RIFF" and upload[8:12] == b"WEBP":
        return "image/webp"
    if upload[4:8] == b"ftyp":
        brands = _brands(upload)
        if brands & {b"avif", b"avis"}:
            return "image/avif"
        if brands & _HEIC_BRANDS:
            return "image/heic"
    raise NotAnImage


def _brands(upload: bytes) -> set[bytes]:
    """The major and compatible brands of an ISO media file. Source: ISO/IEC 14496-12, 4.3."""
    end = min(int.from_bytes(upload[:4], "big"), 256, len(upload))
    return {upload[8:12], *(upload[at : at + 4] for at in range(16, end, 4))}
