"""Undo the content codings of responses, with the decoder that reads them in the archive."""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive import PAGE_STATUSES, Capture, PayloadError


class Undecodable(IgnoreRequest):
    """The body of a page, or of a file that is read, cannot be decoded."""

    def __init__(self, problem: PayloadError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Decoding:
    """Downloader middleware that decodes each body once; the request's meta has the result as `payload`.

    Scrapy's own middleware refuses what the archive's decoder reads, and takes half of a packed page for all of it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Decoding:
        """Build the middleware, as Scrapy asks for it."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_response(self, request: Request, response: Response) -> Response:
        """Return *response* decoded, and without the flag `dataloss` where nothing is lost. Raises Undecodable.

        What another status says is not read: its body may be anything.
        """
        capture: Capture = request.meta["capture"]
        try:
            payload = capture.decoded(request.meta.get("download_maxsize", self._limit))
        except PayloadError as error:
            if capture.status in PAGE_STATUSES:
                # not as its cause: an error of the archive ends the crawl
                raise Undecodable(error) from None
            return response
        request.meta["payload"] = payload
        flags = [flag for flag in response.flags if flag != "dataloss" or not payload.is_whole]
        headers = {name: values for name, values in response.headers.items() if name.lower() != b"content-encoding"}
        return response.replace(body=payload.data, flags=flags, headers=headers)
