"""What a drawing shows, told from its code point: the board's tags and its choice of drawings."""

import bisect
import unicodedata

RANGES = (
    (0x1F300, 0x1F320, "sky"),
    (0x1F324, 0x1F32C, "sky"),
    (0x1F32D, 0x1F32F, "food"),
    (0x1F330, 0x1F344, "plant"),
    (0x1F345, 0x1F37F, "food"),
    (0x1F380, 0x1F39F, "object"),
    (0x1F3A0, 0x1F3A2, "place"),
    (0x1F3A3, 0x1F3C1, "object"),
    (0x1F3C2, 0x1F3CC, "person"),
    (0x1F3CD, 0x1F3CE, "travel"),
    (0x1F3CF, 0x1F3D3, "object"),
    (0x1F3D4, 0x1F3F0, "place"),
    (0x1F3F5, 0x1F3FA, "object"),
    (0x1F400, 0x1F43F, "animal"),
    (0x1F440, 0x1F450, "hand"),
    (0x1F451, 0x1F463, "object"),
    (0x1F464, 0x1F487, "person"),
    (0x1F488, 0x1F48E, "object"),
    (0x1F48F, 0x1F48F, "person"),
    (0x1F490, 0x1F490, "plant"),
    (0x1F491, 0x1F491, "person"),
    (0x1F492, 0x1F492, "place"),
    (0x1F4A1, 0x1F4A3, "object"),
    (0x1F4AA, 0x1F4AA, "hand"),
    (0x1F4B0, 0x1F4B0, "object"),
    (0x1F4B3, 0x1F4F0, "object"),
    (0x1F4F7, 0x1F4FD, "object"),
    (0x1F50B, 0x1F516, "object"),
    (0x1F525, 0x1F52E, "object"),
    (0x1F54C, 0x1F54D, "place"),
    (0x1F56F, 0x1F573, "object"),
    (0x1F574, 0x1F575, "person"),
    (0x1F576, 0x1F579, "object"),
    (0x1F57A, 0x1F57A, "person"),
    (0x1F58A, 0x1F58D, "object"),
    (0x1F590, 0x1F594, "hand"),
    (0x1F596, 0x1F596, "hand"),
    (0x1F5A5, 0x1F5E1, "object"),
    (0x1F5FB, 0x1F5FF, "place"),
    (0x1F600, 0x1F644, "face"),
    (0x1F645, 0x1F647, "person"),
    (0x1F648, 0x1F64A, "animal"),
    (0x1F64B, 0x1F64E, "person"),
    (0x1F680, 0x1F6A2, "travel"),
    (0x1F6A3, 0x1F6A3, "person"),
    (0x1F6B2, 0x1F6B2, "travel"),
    (0x1F6B4, 0x1F6B6, "person"),
    (0x1F6CB, 0x1F6CF, "object"),
    (0x1F6D2, 0x1F6D2, "object"),
    (0x1F6D5, 0x1F6D6, "place"),
    (0x1F6DD, 0x1F6E5, "object"),
    (0x1F6E9, 0x1F6FC, "travel"),
    (0x1F90C, 0x1F90F, "hand"),
    (0x1F910, 0x1F917, "face"),
    (0x1F918, 0x1F91F, "hand"),
    (0x1F920, 0x1F925, "face"),
    (0x1F926, 0x1F926, "person"),
    (0x1F927, 0x1F92F, "face"),
    (0x1F930, 0x1F93E, "person"),
    (0x1F93F, 0x1F94F, "object"),
    (0x1F950, 0x1F96F, "food"),
    (0x1F970, 0x1F97A, "face"),
    (0x1F97B, 0x1F97F, "object"),
    (0x1F980, 0x1F9AE, "animal"),
    (0x1F9B8, 0x1F9B9, "person"),
    (0x1F9C0, 0x1F9CB, "food"),
    (0x1F9CC, 0x1F9DF, "person"),
    (0x1F9E0, 0x1F9FF, "object"),
    (0x1FA70, 0x1FAAF, "object"),
    (0x1FAB0, 0x1FAB3, "animal"),
    (0x1FAB4, 0x1FABC, "plant"),
    (0x1FABE, 0x1FABF, "animal"),
    (0x1FAC3, 0x1FAC5, "person"),
    (0x1FACD, 0x1FACF, "animal"),
    (0x1FAD0, 0x1FADF, "food"),
    (0x1FAE0, 0x1FAEA, "face"),
    (0x1FAF0, 0x1FAF8, "hand"),
)
"""First and last code point of each group; what lies between them is a sign, not a drawing."""

STARTS = [first for first, _, _ in RANGES]

TONES = {
    0x1F3FB: "light_skin",
    0x1F3FC: "medium-light_skin",
    0x1F3FD: "medium_skin",
    0x1F3FE: "medium-dark_skin",
    0x1F3FF: "dark_skin",
}
JOINERS = {0x200D, 0xFE0F}
GIRLS = {0x2640, 0x1F467, 0x1F469, 0x1F475, 0x1F478}
BOYS = {0x2642, 0x1F466, 0x1F468, 0x1F474, 0x1F934}


def group_of(code: int) -> str | None:
    """Give the group of a code point; None for flags, signs, letters and private ones."""
    place = bisect.bisect_right(STARTS, code) - 1
    if place < 0:
        return None
    _, last, group = RANGES[place]
    return group if code <= last else None


def tags_of(codes: tuple[int, ...]) -> tuple[str, ...]:
    """Tag a drawing as a board would: what it shows, who is on it, in which tone."""
    group = group_of(codes[0])
    tags = {group or "sign", *(TONES[code] for code in codes if code in TONES)}
    for code in codes:
        if code not in TONES and code not in JOINERS:
            tags |= _named(code)
    girls = sum(code in GIRLS for code in codes)
    boys = sum(code in BOYS for code in codes)
    tags |= {f"{girls}girl{'s' * (girls > 1)}"} if girls else set()
    tags |= {f"{boys}boy{'s' * (boys > 1)}"} if boys else set()
    if girls + boys == 1:
        tags.add("solo")
    if group not in ("person", "hand", "face"):
        tags.add("no_humans")
    return tuple(sorted(tags))


def _named(code: int) -> set[str]:
    name = unicodedata.name(chr(code), "").lower()
    return {name.replace(" ", "_")} if name else set()
