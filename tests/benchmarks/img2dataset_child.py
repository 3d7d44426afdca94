"""img2dataset's download part alone, in a process of its own: OUT, threads, hash, URLs on stdin.

It runs in the other program's environment and knows nothing of ours. Pictures are kept as they
are (no decoding, no EXIF), in one shard, written as files.
"""

import json
import resource
import sys
import time
from pathlib import Path

import pyarrow as pa
from img2dataset.downloader import Downloader
from img2dataset.resizer import Resizer
from img2dataset.writer import FilesSampleWriter


def main() -> None:
    """Download, and write one line of JSON."""
    out, threads, compute_hash, listing = sys.argv[1:]
    urls = Path(listing).read_text().split()
    Path(out).mkdir(parents=True)
    table = pa.table({"url": urls})
    shard = f"{out}/urls.feather"
    with pa.OSFile(shard, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    downloader = Downloader(
        sample_writer_class=FilesSampleWriter,
        resizer=Resizer(256, "no", False, disable_all_reencoding=True),
        thread_count=int(threads),
        save_caption=False,
        extract_exif=False,
        output_folder=out,
        column_list=["url"],
        timeout=20,
        number_sample_per_shard=len(urls),
        oom_shard_count=5,
        compute_hash=compute_hash if compute_hash != "none" else None,
        verify_hash_type=None,
        encode_format="jpg",
        retries=0,
        user_agent_token=None,
        disallowed_header_directives=None,
    )
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    downloader((0, shard))
    after = resource.getrusage(resource.RUSAGE_SELF)
    stats = json.loads(next(Path(out).glob("*_stats.json")).read_text())
    taken = {
        "pictures": stats["successes"],
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_seconds": time.monotonic() - started,
    }
    sys.stdout.write(json.dumps(taken) + "\n")


if __name__ == "__main__":
    main()
