"""A run of the recipe up to a step, so that a step can be looked at alone."""

from __future__ import annotations

from avatarium.imaging import STEPS, Context
from avatarium.model import CropBox, ImageLimits


def run(
    upload: bytes,
    *,
    before: str = "",
    crop: CropBox | None = None,
    limits: ImageLimits | None = None,
    master_side: int = 0,
) -> Context:
    """The context after all steps before `before`; after all of them when it is left out."""
    context = Context(upload, crop, limits or ImageLimits(), master_side)
    for name, step in STEPS:
        if name == before:
            break
        step(context)
    return context
