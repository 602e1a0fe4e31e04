"""Pages go out compressed: a list of a ledger is 106 kB as written and 12 kB compressed."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompression(GZipMiddleware):
    """Compresses what a browser shows, where it accepts that; a download goes out as it is.

    Django's own middleware pads each answer by a random length, so that sizes tell nobody what stands in a page
    (BREACH); the token against forged forms looks different in each.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # A workbook is compressed already, and a stream that is compressed keeps its first rows back for a while.
        if response.streaming or response.has_header("Content-Disposition"):
            return response
        return super().process_response(request, response)
