"""Make the font of raster default pictures: Inter SemiBold, cut down to the scripts that its letters cover.

Usage: `python scripts/subset_font.py Inter-SemiBold.otf`, with the file of the Debian package `fonts-inter` (or of
Inter's own release) and `fonttools` installed. Writes src/avatarium/fonts/: the font under a name of its own, so that
an installed Inter of another release is never taken instead, and the code points that it covers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "src" / "avatarium" / "fonts"
FAMILY = "Avatarium Initials"
RANGES = (
    (0x20, 0x24F),  # Latin
    (0x300, 0x36F),  # combining marks
    (0x370, 0x3FF),  # Greek
    (0x400, 0x52F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin, Vietnamese
)


def main(source: str) -> int:
    """Zero when both files were written."""
    options = subset.Options(
        layout_features=["ccmp", "mark", "mkmk", "locl"], notdef_outline=True, name_IDs=[0, 13, 14]
    )
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[point for start, stop in RANGES for point in range(start, stop + 1)])
    subsetter.subset(font)
    _rename(font)
    target = FONTS / "avatarium-initials.otf"
    font.save(target)
    covered = sorted(TTFont(target).getBestCmap())
    (FONTS / "coverage.txt").write_text("".join(f"{start:x} {stop:x}\n" for start, stop in _runs(covered)))
    print(f"{target.name}: {target.stat().st_size} bytes, {len(covered)} code points")
    return 0


def _rename(font: TTFont) -> None:
    for number, text in {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY.replace(" ", "")}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames[0] = FAMILY.replace(" ", "")
        top[0].FamilyName = top[0].FullName = FAMILY
        top[0].Weight = "Regular"
    font["OS/2"].usWeightClass = 400
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x21 | 0x40
    font["head"].macStyle = 0


def _runs(points: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return runs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
