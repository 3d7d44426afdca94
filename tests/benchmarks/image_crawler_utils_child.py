"""image-crawler-utils' own safebooru code against a board: ADDRESS, QUERY, FOLDER.

It runs in the other program's environment and knows nothing of ours.
"""

import sys

from image_crawler_utils import CrawlerSettings, Downloader
from image_crawler_utils.configs import DownloadConfig
from image_crawler_utils.stations.booru import SafebooruKeywordParser


def main() -> None:
    """List what the query finds, and download it."""
    address, query, folder = sys.argv[1:]
    parser = SafebooruKeywordParser(
        station_url=f"{address}/",
        crawler_settings=CrawlerSettings(download_config=DownloadConfig(thread_delay=0)),
        standard_keyword_string=query,
    )
    Downloader(store_path=folder, image_info_list=parser.run()).run()


if __name__ == "__main__":
    main()
