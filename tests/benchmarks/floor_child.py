"""What the work on these pictures takes at least, in a process of its own: FOLDER, COUNT, SEED.

One thread, one step after the other, each the fastest that is known, on every distinct original
that decodes: decode (JPEG at half size where that leaves one and a half times the side wanted, and
then progressive ones without their last bits), bicubic to 256 px, sha256 and perceptual hash, and
the cheapest encoding without loss. No tables, no tars, no checks.
"""

import hashlib
import io
import json
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from kornia_rs.io import decode_image_png_u8
from mixed_drawing import RGB
from mixed_pictures import Mixed, make
from PIL import Image

from preprocessing.decode import Picture
from preprocessing.fingerprint import fingerprint
from preprocessing.pixels import read_pixels
from storage.pictures import encode_png

SIZE_PX = 256
KINDS_OF_PNG = {"rgb": "rgb", "rgba": "rgba", "palette": "mono"}
ANY_PALETTE = np.zeros((256, 1, 3), np.uint8)
REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4}
REDUCED |= {2: cv2.IMREAD_REDUCED_COLOR_2, 1: cv2.IMREAD_COLOR}


def main() -> None:
    """Measure each step, and write one line of JSON."""
    folder, count, seed = sys.argv[1:]
    made = make(Path(folder), int(count), int(seed))
    cv2.setNumThreads(1)
    taken, pictures = Counter[str](), 0
    for picture in made.pictures:
        if picture.role in ("exact", "broken") or picture.kind == "gif":
            continue
        pictures += 1
        content = made.path(picture).read_bytes()
        marks = [time.process_time()]
        decoded = _decode(content, picture)
        marks.append(time.process_time())
        square = _square(decoded)
        marks.append(time.process_time())
        hashlib.sha256(content).hexdigest()
        fingerprint(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY))
        marks.append(time.process_time())
        encode_png(square)
        marks.append(time.process_time())
        for name, start, end in zip(STEPS, marks, marks[1:], strict=False):
            taken[name] += end - start
    sys.stdout.write(json.dumps({"pictures": pictures, "cpu_seconds": dict(taken)}) + "\n")


STEPS = ("decode", "resize", "hash", "encode")


def _decode(content: bytes, picture: Mixed) -> RGB:
    if picture.kind in KINDS_OF_PNG:
        # Three times as fast as OpenCV; which colours they get is no matter here.
        size, kind = (picture.height, picture.width), KINDS_OF_PNG[picture.kind]
        decoded = decode_image_png_u8(content, size, kind)
        return cv2.applyColorMap(decoded, ANY_PALETTE) if kind == "mono" else decoded
    if picture.kind == "progressive":
        return read_pixels(Image.open(io.BytesIO(content)), content, SIZE_PX)
    room = min(picture.width, picture.height) // (SIZE_PX * 3 // 2)
    factor = next(each for each in REDUCED if each <= max(1, room * (picture.kind == "jpg")))
    return cv2.imdecode(np.frombuffer(content, np.uint8), REDUCED[factor])


def _square(decoded: RGB) -> RGB:
    """Resize; what is transparent is laid on white, after the resize."""
    height, width = decoded.shape[:2]
    return Picture(decoded, lossless=False, width=width, height=height).square(SIZE_PX)


if __name__ == "__main__":
    main()
