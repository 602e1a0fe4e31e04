"""core/compression.py: pages are compressed for those who take it, downloads for nobody."""

import gzip

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse

from core.compression import PageCompression

TEXT = "整改措施" * 500


def answered(response: HttpResponseBase, *, accepted: str) -> HttpResponseBase:
    """What becomes of a view's answer."""

    def view(_request: HttpRequest) -> HttpResponseBase:
        return response

    answer = PageCompression(view)(RequestFactory().get("/", headers={"Accept-Encoding": accepted}))
    assert isinstance(answer, HttpResponseBase)
    return answer


def test_a_page_is_compressed_where_that_is_accepted(db: None, client: Client) -> None:
    url = reverse("account_login")
    plain = client.get(url)
    assert "Content-Encoding" not in plain
    small = client.get(url, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert small["Content-Encoding"] == "gzip"
    for answer in (plain, small):
        assert "Accept-Encoding" in answer["Vary"]
    assert len(small.content) < len(plain.content) / 2
    assert "</html>" in gzip.decompress(small.content).decode()


@pytest.mark.parametrize("accepted", ["", "identity", "br"])
def test_whoever_does_not_accept_it_gets_the_page_as_it_is(accepted: str) -> None:
    answer = answered(HttpResponse(TEXT), accepted=accepted)
    assert "Content-Encoding" not in answer
    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == TEXT


def test_a_download_and_a_stream_go_out_as_they_are() -> None:
    download = HttpResponse(TEXT, headers={"Content-Disposition": "attachment"})
    stream = StreamingHttpResponse([TEXT.encode(), TEXT.encode()])
    assert "Content-Encoding" not in answered(download, accepted="gzip")
    kept = answered(stream, accepted="gzip")
    assert "Content-Encoding" not in kept
    assert isinstance(kept, StreamingHttpResponse)
    assert list(kept) == [TEXT.encode(), TEXT.encode()]
