"""Reads and posts over HTTP as the page's own script does."""

from typing import Any

import aiohttp

from tests.sandbox_page.desk import Desk
from tests.sandbox_page.reading import Element, read


class Browserlike:
    """Reads and posts as the page's own script does."""

    def __init__(self, desk: Desk, session: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.session = session
        self.token = ""

    async def see(self, path: str, person: str = "U0ALICE") -> Element:
        joint = "&" if "?" in path else "?"
        async with self.session.get(f"{self.desk.url}{path}{joint}as={person}") as answer:
            root = read((await answer.text()).removeprefix("<!doctype html>"))
        tokens = root.all("meta", name="page-token")
        self.token = tokens[0].attributes["content"] if tokens else self.token
        return root

    async def do(self, deed: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"Origin": self.desk.url, "X-Page-Token": self.token, **headers}
        url = f"{self.desk.url}/page/do/{deed}"
        async with self.session.post(url, json=body, headers=sent) as answer:
            return answer.status, await answer.json()
