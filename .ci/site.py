"""Lays out the chapters of SUMMARY.md for mdBook, with links that work on the site.

    .ci/site.py RUSTDOC BOOK

In the repository, links lead to files and folders, and names from the API are written as code. This script writes each
chapter to the folder BOOK at its path, and a page for every other file that a chapter links to. On the site, the folder
RUSTDOC is called api.
"""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

CRATES = ["itsme_core", "itsme_reqwest", "itsme_ureq", "itsme_testkit"]
SUMMARY = "docs/guide/SUMMARY.md"
# Parts that are left unchanged (code blocks, headings), links, and code that might name an item in the API.
TOKENS = re.compile(
    r"^ *```.*?^ *```$|^#.*?$|(?P<text>!?\[(?:`[^`]*`|[^][`])*\])\((?P<to>[^)\s]+)\)|`(?P<code>[^`\n]+)`",
    re.MULTILINE | re.DOTALL,
)

rustdoc, book = map(Path, sys.argv[1:])
tracked = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
problems = []


def links(text):
    return [token["to"] for token in TOKENS.finditer(text) if token["to"] and ":" not in token["to"]]


def resolve(path, link):
    """Returns the path in the repository to which a link in a file leads."""
    return os.path.normpath(os.path.join(os.path.dirname(path), link))


def chapter_file(path):
    """Returns the path of a chapter on the site, before mdBook converts it to HTML. A README is its folder's page."""
    return re.sub(r"README\.md$", "index.md", path)


def items_of(crate):
    """Returns the pages of a crate's items, by the items' paths."""
    listed = re.findall(r'<a href="([^"]+)">([\w:]+)</a>', (rustdoc / crate / "all.html").read_text())
    pages = {f"{crate}::{name}": f"{crate}/{page}" for page, name in listed}
    for module in (rustdoc / crate).glob("**/index.html"):
        below = module.parent.relative_to(rustdoc)
        pages["::".join(below.parts)] = f"{below}/index.html"
    return pages


items = {path: page for crate in CRATES for path, page in items_of(crate).items()}
# The items with each name: code only becomes a link if there is exactly one. The bare name of an error's variant stands
# for the variant.
by_name, variants = {}, set()
for path, page in items.items():
    by_name.setdefault(path.split("::")[-1], []).append(path)
    if re.search(r"/enum\.\w*Error\.html$", page):
        variants.update(re.findall(r'id="variant\.(\w+)"', (rustdoc / page).read_text()))


def api_page(code):
    """Returns the page of the item that this code names: `Name`, `Name::member`, or a path that starts with a crate."""
    if not re.fullmatch(r"\w+(::\w+)*", code):
        return None
    for name, member in [(code, None), code.rpartition("::")[::2]]:
        paths = [name] if name in items else by_name.get(name, []) if name[:1].isupper() else []
        if len(paths) == 1 and (member or name not in variants):
            page = items[paths[0]]
            if not member:
                return f"api/{page}"
            kind = re.search(rf'id="((?:method|tymethod|variant|structfield|associatedconstant)\.{member})"',
                             (rustdoc / page).read_text())
            if kind:
                return f"api/{page}#{kind[1]}"
    if code.split("::")[0] in CRATES:
        problems.append(f"the API has no item {code}")
    return None


def file_page(path):
    """Writes the page of a file or folder that is not a chapter, and the pages of all files in the folder."""
    crate = path.replace("-", "_")
    if crate in CRATES:
        return f"api/{crate}/index.html"
    below = sorted(name for name in tracked if name.startswith(path + "/"))
    page = f"files/{path}/index.html" if below else f"files/{path}.html"
    if not (book / page).exists() and (below or path in tracked):
        (book / page).parent.mkdir(parents=True, exist_ok=True)
        if below:
            pages = [(name, os.path.relpath(file_page(name), os.path.dirname(page))) for name in below]
            rows = [f'<li><a href="{html.escape(to)}">{html.escape(name)}</a></li>' for name, to in pages]
            content = f"<ul>{''.join(rows)}</ul>"
        else:
            content = f"<pre>{html.escape(Path(path).read_text(errors='replace'))}</pre>"
        (book / page).write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            f"<title>{html.escape(path)}</title><h1>{html.escape(path)}</h1>{content}</html>\n"
        )
    return page


def on_the_site(path, token):
    """Returns a token of a chapter in the form that the site needs."""
    here = os.path.dirname(path)
    if token["code"]:
        page = api_page(token["code"])
        return f"[{token[0]}]({os.path.relpath(page, here)})" if page else token[0]
    if not token["to"] or ":" in token["to"] or token["to"].startswith("#"):
        return token[0]
    target, hash_sign, fragment = token["to"].partition("#")
    target = resolve(path, target)
    if target in chapters:
        to = chapter_file(target)
    elif token[0].startswith("!"):
        to = target
        (book / to).parent.mkdir(parents=True, exist_ok=True)
        (book / to).write_bytes(Path(target).read_bytes())
    else:
        to = file_page(target)
    return f"{token['text']}({os.path.relpath(to, here)}{hash_sign}{fragment})"


summary = Path(SUMMARY).read_text()
chapters = [resolve(SUMMARY, link) for link in links(summary)]
for path in chapters:
    laid_out = book / chapter_file(path)
    laid_out.parent.mkdir(parents=True, exist_ok=True)
    laid_out.write_text(TOKENS.sub(lambda token: on_the_site(path, token), Path(path).read_text()))
for link in links(summary):
    summary = summary.replace(f"]({link})", f"]({chapter_file(resolve(SUMMARY, link))})")
(book / "SUMMARY.md").write_text(summary)

sys.exit("\n".join(problems) or 0)
