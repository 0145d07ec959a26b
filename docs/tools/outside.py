"""A hook of MkDocs for pages of the site that are not in docs/, and for links that leave docs/.

One text serves both readers: on a code host every relative link leads to a file. On the site a link to a page leads to
that page, and a link to any other file of the repository becomes the file's path. A file that does not exist is a
warning, which `--strict` makes an error.
"""

import logging
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("windup/README.md", "docker/README.md", "pretrained/card.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages outside docs/. Their place on the site is their place in the repository."""
EXAMPLES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "examples").glob("*.py"))
"""Programs that have a page each."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_LOG = logging.getLogger("mkdocs.hooks.outside")


def on_files(files: Files, config: Any) -> Files:
    for page in PAGES:
        files.append(File.generated(config, page, content=(ROOT / page).read_text()))
    for example in EXAMPLES:
        content = f"# {Path(example).name}\n\n```python\n{(ROOT / example).read_text()}```\n"
        files.append(File.generated(config, f"{example}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrites the links of a page that leave docs/, or lead from outside into it."""
    source = page.file.src_uri
    here = PurePosixPath(source) if source in PAGES else PurePosixPath("docs") / source
    # Blocks of code show links as they are.
    parts = re.split(r"(^```.*?^```)", markdown, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [_LINK.sub(lambda link: _rewritten(link, here, source), part) for part in parts[::2]]
    return "".join(parts)


def _rewritten(link: re.Match[str], here: PurePosixPath, source: str) -> str:
    picture, text, target = link.groups()
    path, hash_sign, anchor = target.partition("#")
    if "://" in target or not path:
        return link[0]
    place = os.path.normpath(here.parent / path)
    if not (ROOT / place).exists():
        _LOG.warning("%s links to %s, which is not in the repository", here, place)
        return link[0]
    if place.startswith("docs/"):
        on_site = place.removeprefix("docs/")
    elif place in PAGES:
        on_site = place
    elif place in EXAMPLES:
        on_site = f"{place}.md"
    else:
        return f"{text} (`{place}`)" if text.strip("`") != place else f"`{place}`"
    return f"{picture}[{text}]({os.path.relpath(on_site, PurePosixPath(source).parent)}{hash_sign}{anchor})"
