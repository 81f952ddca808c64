"""A page is rendered in a real browser that reaches nothing by itself, and no page stops another."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from scrapy.http import Response

from scraper.rendering import Browser, BrowserError, BrowserMissing, Parts, RenderError, find_browser
from scraper.rendering import browser as rules
from scraper.rendering.browser import Asked, Found, Part
from tests.support.loopback import Site, answer

pytestmark = pytest.mark.slow

URL = "http://gazette.example/story"
STORY = "The harbour of Port Hallow was closed on Thursday night."


def found() -> Found:
    """The browser of this machine; skips where there is none."""
    try:
        return find_browser()
    except BrowserMissing as missing:
        pytest.skip(str(missing))


class Net:
    """Answers the requests of pages out of a table, and notes them."""

    def __init__(self, **answers: str | bytes) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, asked: Asked) -> Part | None:
        self.asked.append(asked.url)
        body = self.answers.get(asked.url.rpartition("/")[2].partition("?")[0])
        if body is None:
            return None
        return Part(200, {"content-type": "text/plain"}, body.encode() if isinstance(body, str) else body)


def document(script: str, *, body: str = "") -> bytes:
    return f"<!doctype html><title>A</title><body><p id=app>empty</p>{body}<script>{script}</script>".encode()


def run(work: Callable[[Browser], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - what the work returns
    async def whole() -> Any:  # noqa: ANN401
        browser = Browser(found(), "pressclip/test")
        try:
            return await work(browser)
        finally:
            await browser.close()

    return asyncio.run(whole())


def rendered(script: str, net: Net | None = None, *, body: str = "") -> str:
    async def work(browser: Browser) -> str:
        made, _ = await browser.render(URL, document(script, body=body), "text/html; charset=utf-8", net or Net())
        return made

    made: str = run(work)
    return made


WRITE = "document.getElementById('app').textContent = "


def test_a_page_has_the_text_that_its_script_fetched() -> None:
    net = Net(data=STORY)
    made = rendered(f"fetch('/data').then(a => a.text()).then(text => {{ {WRITE} text }})", net)
    assert f'<p id="app">{STORY}</p>' in made
    assert net.asked == ["http://gazette.example/data"]


def test_a_script_learns_who_we_are() -> None:
    assert ">pressclip/test</p>" in rendered(f"{WRITE} navigator.userAgent")


def test_only_scripts_and_answers_are_asked_for() -> None:
    body = """<link rel=stylesheet href=/style><img src=/image><video src=/video></video><audio src=/audio></audio>
        <iframe src=/frame></iframe><link rel=prefetch href=/prefetch><link rel=manifest href=/manifest>
        <link rel=icon href=/icon><script src=/script></script><object data=/object></object>
        <style>@font-face { font-family: x; src: url(/font) } p { font-family: x; background: url(/ground) }</style>"""
    script = """navigator.sendBeacon('/beacon', 'x'); fetch('/post', {method: 'POST', body: 'x'}).catch(() => 0);
        new EventSource('/events'); new XMLHttpRequest().open('GET', '/x'); fetch('/data')"""
    net = Net(data="x", script="1")
    rendered(script, net, body=body)
    assert sorted(net.asked) == ["http://gazette.example/data", "http://gazette.example/script"]


@contextmanager
def packets() -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        yield heard


def test_nothing_reaches_this_machine_past_the_function_that_answers() -> None:
    with Site() as site, Site() as other, packets() as heard:
        port = heard.getsockname()[1]
        site.routes = {"/worker": answer("1", kind="text/javascript")}
        urls = [
            base + "/" for base in (site.base, other.base, f"http://localhost:{site.port}", f"http://[::1]:{site.port}")
        ]
        escapes = f"""
        const urls = {urls!r}, port = {port};
        for (const url of urls) {{
          try {{ new WebSocket(url.replace('http', 'ws')) }} catch (e) {{}}
          try {{ new EventSource(url) }} catch (e) {{}}
          try {{ navigator.sendBeacon(url, 'x') }} catch (e) {{}}
          try {{ window.open(url) }} catch (e) {{}}
          const code = URL.createObjectURL(new Blob(["fetch('" + url + "'); importScripts('" + url + "')"]));
          try {{ new Worker(code); new SharedWorker(code) }} catch (e) {{}}
          try {{ navigator.serviceWorker.register(url + 'worker') }} catch (e) {{}}
          try {{ new Image().src = url }} catch (e) {{}}
          try {{ fetch(url, {{keepalive: true}}).catch(() => 0) }} catch (e) {{}}
          for (const rel of ['prefetch', 'preload', 'prerender', 'preconnect', 'dns-prefetch', 'modulepreload']) {{
            const link = document.createElement('link'); link.rel = rel; link.href = url; link.as = 'script';
            document.head.append(link);
          }}
          const rules = document.createElement('script'); rules.type = 'speculationrules';
          rules.textContent = JSON.stringify({{prerender: [{{urls: [url]}}], prefetch: [{{urls: [url]}}]}});
          document.head.append(rules);
          const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame);
        }}
        const frame = document.createElement('iframe'); document.body.append(frame);
        for (const view of [window, frame.contentWindow]) {{
          try {{
            const peer = new view.RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:' + port}}]}});
            peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
          }} catch (e) {{}}
          try {{ new view.WebTransport('https://127.0.0.1:' + port + '/') }} catch (e) {{}}
        }}
        """
        leave = "for (const id of ['go', 'send']) { const e = document.getElementById(id); e.submit?.(); e.click() }"
        body = f"<a ping='{site.base}/p' href='{site.base}/' id=go>go</a><form id=send action='{site.base}/f'></form>"
        rendered(escapes + leave, body=body)
        assert (site.asked, other.asked) == ([], [])
        with pytest.raises(BlockingIOError):
            heard.recv(100)


def test_what_escapes_the_answers_finds_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second wall alone: each request goes on to the network, where there is none."""

    async def go_on(route: Any, opened: Any) -> None:  # noqa: ANN401 - playwright's
        await (rules._open_page(route, route.request, opened) if not opened.is_given else route.continue_())

    monkeypatch.setattr(rules, "_answer", go_on)
    monkeypatch.setattr(rules, "NO_WEBRTC", "")
    with Site() as site, packets() as heard:
        stun = f"stun:127.0.0.1:{heard.getsockname()[1]}"
        script = f"""
        for (const host of ['127.0.0.1', 'localhost', '[::1]'])
          fetch('http://' + host + ':{site.port}/').catch(() => {{ {WRITE} 'nothing' }});
        for (const view of [window, window.open('about:blank')]) {{
          const peer = new view.RTCPeerConnection({{iceServers: [{{urls: '{stun}'}}]}});
          peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
        }}
        """
        assert ">nothing</p>" in rendered(script)
        assert site.asked == []
        with pytest.raises(BlockingIOError):
            heard.recv(100)


def test_a_page_is_given_once_and_leads_nowhere() -> None:
    net = Net()
    made = rendered(f"{WRITE} 'kept'; if (!sessionStorage.x) {{ sessionStorage.x = 1; location.href = '/other' }}", net)
    assert (">kept</p>" in made, net.asked) == (True, [])
    assert ">kept</p>" in rendered(f"{WRITE} 'kept'; setTimeout(() => location.reload(), 100)")


def test_windows_dialogs_and_downloads_stop_no_page() -> None:
    body = "<a href='data:text/plain,x' download=x id=save>x</a>"
    script = f"alert('a'); confirm('b'); prompt('c'); window.open('about:blank'); print(); {WRITE} 'after'"
    made = rendered(f"document.getElementById('save').click(); onbeforeunload = () => 'stay'; {script}", body=body)
    assert ">after</p>" in made


def test_a_page_gets_so_many_answers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PARTS", 20)
    net = Net(data="x")
    made = rendered(f"for (let n = 0; n < 1000; n++) fetch('/data?' + n).catch(() => 0); {WRITE} 'asked'", net)
    assert (len(net.asked), ">asked</p>" in made) == (20, True)


def test_a_page_gets_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_BYTES", 3000)
    net = Net(data=b"x" * 1000)
    rendered("(async () => { for (let n = 0; n < 9; n++) await fetch('/data?' + n).catch(() => 0) })()", net)
    assert len(net.asked) == 3


def test_a_page_that_goes_on_asking_is_taken_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SETTLE_SECONDS", 1.0)
    net = Net(data="x")
    assert ">asked</p>" in rendered(f"setInterval(() => fetch('/data'), 50); {WRITE} 'asked'", net)


def test_an_endless_script_and_a_dead_process_cost_their_page_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RENDER_SECONDS", 8.0)
    monkeypatch.setattr(rules, "CLOSE_SECONDS", 1.0)

    async def work(browser: Browser) -> list[str]:
        ends = []

        async def dies(asked: Asked) -> None:
            for process in _children(os.getpid()):
                if b"--type=renderer" in _command(process):
                    os.kill(process, signal.SIGKILL)

        async def all_die(asked: Asked) -> None:
            for process in _children(os.getpid()):
                if b"--remote-debugging-pipe" in _command(process) and b"--type=" not in _command(process):
                    os.kill(process, signal.SIGKILL)

        tries = (
            ("while (true) {}", Net()),
            ("fetch('/x')", dies),
            ("fetch('/x')", all_die),
            (f"{WRITE} 'well'", Net()),
        )
        for script, net in tries:
            try:
                made, _ = await browser.render(URL, document(script), "text/html", net)
                ends.append("well" if ">well</p>" in made else "empty")
            except RenderError as error:
                ends.append(str(error))
        return ends

    ends = run(work)
    assert ends[0] == "took longer than 8 s to render"
    assert "ended" in ends[1]
    assert ends[2] not in ("well", "empty")
    assert ends[3] == "well"


def _children(process: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process:
            yield int(path.parent.name)
            yield from _children(int(path.parent.name))


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_browser_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(rules.EXECUTABLE, str(tmp_path / "none"))
    with pytest.raises(BrowserMissing, match="is no program"):
        find_browser()
    monkeypatch.delenv(rules.EXECUTABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(BrowserMissing, match="no browser: install the package chromium, run"):
        find_browser()
    monkeypatch.setattr(rules, "find_spec", lambda name: None)
    with pytest.raises(BrowserMissing, match=r"needs playwright: .*browser"):
        find_browser()


def test_a_browser_that_does_not_start_is_one_line(tmp_path: Path) -> None:
    found()
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)

    async def work() -> None:
        await Browser(Found(str(broken)), "x").render(URL, b"", "text/html", Net())

    with pytest.raises(BrowserError, match="does not start") as caught:
        asyncio.run(work())
    assert "\n" not in str(caught.value)


def test_a_redirect_to_another_server_gets_no_authorization(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    to = {"https://a.example/1": "/2", "https://a.example/2": "https://b.example/3"}

    async def download(self: Parts, url: str, headers: dict[str, str]) -> Response:
        sent.append((url, headers))
        location = {"Location": to[url]} if url in to else {}
        return Response(url, status=302 if location else 200, headers=location)

    monkeypatch.setattr(Parts, "_download", download)
    parts = Parts(cast(Any, None))
    asked = Asked("https://a.example/1", "fetch", {"authorization": "token", "accept": "*/*"})
    assert asyncio.run(parts.fetch(asked)) is not None
    assert [(url, "authorization" in headers) for url, headers in sent] == [
        ("https://a.example/1", True), ("https://a.example/2", True), ("https://b.example/3", False)
    ]  # fmt: skip
    assert all(headers["accept"] == "*/*" for _, headers in sent)
