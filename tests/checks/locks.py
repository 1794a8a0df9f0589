"""The lock files say what pyproject.toml wants, with hashes and without anybody's address."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PROJECT = "helsinki-proactive"


def problems() -> list[str]:
    """What is stale or missing, a line each."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    wanted = {
        "requirements.txt": runtime,
        "requirements-dev.txt": runtime + project["project"]["optional-dependencies"]["dev"],
        "requirements-node.txt": project["dependency-groups"]["node"],
    }
    texts = {name: (CHECKOUT / name).read_text() for name in wanted}
    found = [
        f"{name}: {problem}"
        for name, requirements in wanted.items()
        for problem in stale(texts[name], [Requirement(text) for text in requirements])
    ]
    runs, develops = locked(texts["requirements.txt"]), locked(texts["requirements-dev.txt"])
    found += [
        f"requirements-dev.txt: {name} is not as in requirements.txt"
        for name in sorted(runs)
        if runs[name] != develops.get(name)
    ]
    return found


def locked(lock: str) -> dict[str, set[str]]:
    """Package -> versions; there are several where they depend on the machine."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def stale(lock: str, requirements: list[Requirement]) -> list[str]:
    """How ``lock`` differs from what is required, as far as can be seen without a network."""
    versions = locked(lock)
    found = []
    for requirement in requirements:
        have = versions.get(canonicalize_name(requirement.name), set())
        if not have:
            found.append(f"{requirement.name} is missing")
        elif not all(requirement.specifier.contains(version) for version in have):
            found.append(f"{requirement.name} is {', '.join(have)}, not {requirement.specifier}")
    names = {canonicalize_name(requirement.name) for requirement in requirements}
    for entry in re.split(r"\n(?=[\w.-]+==)", lock):
        name = canonicalize_name(entry.partition("==")[0].strip())
        if name not in versions:
            continue  # what stands before the first entry
        if "--hash=sha256:" not in entry:
            found.append(f"{name} has no hash")
        if re.search(rf"#\s+(via )?{PROJECT}\b", entry) and name not in names:
            found.append(f"{name} is no longer wanted by pyproject.toml")
    return found
