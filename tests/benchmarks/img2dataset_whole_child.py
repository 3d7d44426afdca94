"""All of img2dataset, in a process of its own: the list of addresses, OUT, how many a shard.

It runs in the other program's environment and knows nothing of ours. Its fastest settings on two
cores: two processes of eight threads, no EXIF; else what it does by default (sha256, JPEG 95).
"""

import json
import sys
from pathlib import Path

from img2dataset import download


def main() -> None:
    """Download, and write one line of JSON."""
    listing, out, samples = sys.argv[1:]
    download(
        url_list=listing,
        output_folder=out,
        image_size=256,
        resize_mode="border",
        processes_count=2,
        thread_count=8,
        number_sample_per_shard=int(samples),
        output_format="webdataset",
        extract_exif=False,
        timeout=20,
    )
    stats = [json.loads(path.read_text()) for path in sorted(Path(out).glob("*_stats.json"))]
    written = sum(path.stat().st_size for path in Path(out).glob("*.tar"))
    taken = {"written": sum(each["successes"] for each in stats), "bytes": written}
    sys.stdout.write("\n" + json.dumps(taken) + "\n")


if __name__ == "__main__":
    main()
