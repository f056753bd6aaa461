#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets out of testdata: fuzz/seed.py writes fuzz/corpus/TARGET/*.

Seeds are cut to 4 KiB, and a few thousand a target are enough: the fuzzer itself keeps what finds new code.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "testdata"
CORPUS = ROOT / "fuzz" / "corpus"
MOST = 3000
LONGEST = 4096


def unescape(text):
    return re.sub(
        r"\\(x[0-9a-fA-F]{2}|.)",
        lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1]) or (chr(int(m[1][1:], 16)) if m[1][0] == "x" else m[1]),
        text,
    )


def snippets():
    """Templates of testdata/template: fenced blocks, and the lines of `cases` blocks."""
    for path in sorted((DATA / "template").rglob("*.md")):
        for kind, body in re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", path.read_text(errors="replace"), re.M | re.S):
            if kind in ("template", "helpers"):
                yield body
            elif kind == "cases":
                yield from (unescape(line.split("\t")[0]) for line in body.splitlines())


def charts():
    """The files of each case in testdata/parity and testdata/jinja, without expectations."""
    for path in sorted([*(DATA / "parity").glob("*.txtar"), *(DATA / "jinja").glob("*.txtar")]):
        parts = re.split(r"^-- (.+?) --\n", path.read_text(errors="replace"), flags=re.M)
        yield [(n.split()[0], t) for n, t in zip(parts[1::2], parts[2::2]) if not n.startswith("expect/")]


def jinja():
    for line in (DATA / "jinja" / "twins.txt").read_text().splitlines():
        yield from line.split(" || ")[1:]
    yield from (text for files in charts() for name, text in files if name.endswith(".j2"))


def documents():
    for files in charts():
        yield from (text for name, text in files if name.endswith((".yaml", ".yml", ".json")))
    for path in sorted((DATA / "template").rglob("*.md")):
        yield from re.findall(r"^```values[^\n]*\n(.*?)^```$", path.read_text(errors="replace"), re.M | re.S)


def schemas():
    for files in charts():
        values = [text for name, text in files if name.endswith("values.yaml")]
        for name, text in files:
            if name.endswith("schema.json"):
                yield from (f"{text}\n---\n{v}" for v in values[:3] or ["{}"])


def tars():
    for files in charts():
        tops = sorted({name.split("/")[0] for name, _ in files if "/" in name and ".tgz/" not in name})
        for top in tops:
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                for name, text in files:
                    if name.startswith(top + "/") and len(name) < 100:
                        info = tarfile.TarInfo(name)
                        info.size = len(text.encode())
                        tar.addfile(info, io.BytesIO(text.encode()))
            # Two blocks of zeros end a tar; the rest of Python's padding only makes seeds large.
            yield out.getvalue().rstrip(b"\0") + b"\0" * 1024


def write(target, seeds, longest=LONGEST):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for seed in seeds:
        data = seed if isinstance(seed, bytes) else seed.encode("utf-8", "replace")
        if not data or len(data) > longest:
            continue
        (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)
        count += 1
        if count >= MOST:
            break
    print(f"{target}: {count} seeds")


def spread(seeds):
    """At most MOST of all seeds, from all over them."""
    seeds = list(dict.fromkeys(seeds))
    return seeds[:: max(1, len(seeds) // MOST)]


def main():
    templates = spread(snippets())
    write("parse", templates)
    write("evaluate", templates)
    write("jinja", jinja())
    write("yaml", spread(documents()))
    lines = (DATA / "values" / "strvals.jsonl").read_text().splitlines()
    write("strvals", spread(json.loads(line)["arg"] for line in lines))
    plain = list(tars())
    write("tarball", plain, 1 << 16)
    write("archive", (gzip.compress(tar, mtime=0) for tar in plain), 1 << 14)
    write("schema", schemas())


if __name__ == "__main__":
    main()
