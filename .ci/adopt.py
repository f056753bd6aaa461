#!/usr/bin/env python3
"""What helmfile, Argo CD and Flux render from the repositories in testdata/adopt, one file for each release.

    .ci/adopt.py record|check HELM [HELMFILE] [ARGOCD] [FLUX]

helmfile renders by itself. For Argo CD, its own generators make Applications of ApplicationSets (.ci/argocd), and Helm is
called as its repo server calls it, again for the Applications that a chart prints; for Flux, its own module builds its
Kustomizations (.ci/flux), and Helm is called as its helm controller does. Those that are not given are left out. What
`plimsoll init` makes of the same repositories is compared with these files by tests/adopt.rs. Needs PyYAML.
"""
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "adopt"


def run(command, cwd, **more):
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **more})
    if answer.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{answer.stderr}")
    return answer.stdout


def helmfile(repository, helmfile, helm):
    """The releases of every environment that a base names."""
    environments = yaml.safe_load((repository / "environments" / "all.yaml").read_text())["environments"]
    with tempfile.TemporaryDirectory() as bin:
        os.symlink(os.path.abspath(helm), f"{bin}/helm")
        path = {"PATH": f"{bin}:{os.environ['PATH']}"}
        for env in environments:
            command = [helmfile, "--quiet", "--environment", env]
            for release in json.loads(run([*command, "list", "--output", "json"], repository, **path)):
                if not release["installed"] or not release["enabled"]:
                    continue
                name, namespace = release["name"], release["namespace"]
                text = run([*command, "--selector", f"name={name}", "template", "--skip-deps"], repository, **path)
                yield f"{namespace}--{name}", text.strip() + "\n"


def by_helm(helm, chart, name, namespace, values, flags, repository):
    """`values` are paths, or maps that a file is made of."""
    command = [helm, "template", name, chart, "--namespace", namespace]
    with tempfile.TemporaryDirectory() as scratch:
        for number, value in enumerate(values):
            if not isinstance(value, (str, pathlib.Path)):
                file = f"{scratch}/{number}.yaml"
                pathlib.Path(file).write_text(yaml.safe_dump(value))
                value = file
            command += ["--values", value]
        return f"{namespace}--{name}", run([*command, *flags], repository).strip() + "\n"


def applications(repository, argocd, helm):
    """Those of files, and those that the charts of Applications print."""
    files = sorted((repository / "apps").glob("*.yaml"))
    waiting = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    seen = []
    while waiting:
        document = waiting.pop(0)
        if document["kind"] == "ApplicationSet":
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                yaml.safe_dump(document, file)
                lines = run([argocd, "applications", repository, file.name], repository).splitlines()
            waiting = [*map(json.loads, lines), *waiting]
        elif document["kind"] == "Application" and "chart" not in document["spec"]["source"]:
            chart = repository / document["spec"]["source"]["path"]
            made = by_argo(document, chart, helm, repository)
            if made in seen:
                continue
            seen.append(made)
            yield made
            waiting += [d for d in yaml.safe_load_all(made[1]) if d and d["apiVersion"].startswith("argoproj.io/")]


def by_argo(application, chart, helm, repository):
    spec = application["spec"]
    options = spec["source"].get("helm", {})
    values = []
    for file in options.get("valueFiles", []):
        path = repository / file[1:] if file.startswith("/") else chart / file
        if path.is_file() or not options.get("ignoreMissingValueFiles"):
            values.append(path)
    inline = options.get("valuesObject") or yaml.safe_load(options.get("values") or "{}")
    values += [inline] if inline else []
    flags = []
    for parameter in options.get("parameters", []):
        value = parameter["value"]
        if not (value.startswith("{") and value.endswith("}")):
            value = value.replace(",", "\\,")
        flags += ["--set-string" if parameter.get("forceString") else "--set", f"{parameter['name']}={value}"]
    name = options.get("releaseName") or application["metadata"]["name"]
    return by_helm(helm, chart, name, spec["destination"]["namespace"], values, flags, repository)


def flux(repository, fluxbuild, helm):
    """What stands in files of apps/, and what the Kustomizations that Flux is started with deploy."""
    def documents(pattern):
        files = sorted(glob.glob(f"{repository}/{pattern}", recursive=True))
        return [(file, d) for file in files for d in yaml.safe_load_all(open(file)) if d]

    for file, release in documents("apps/**/*.yaml"):
        if release.get("kind") != "HelmRelease" or release["spec"]["chart"]["spec"]["sourceRef"]["kind"] == "HelmRepository":
            continue
        folder = pathlib.Path(file).parent
        made = yaml.safe_load((folder / "kustomization.yaml").read_text())
        data = {g["name"]: {k: (folder / f).read_text() for k, f in (x.split("=") for x in g["files"])}
                for g in made["configMapGenerator"]}
        data |= {d["metadata"]["name"]: d["data"] for f, d in documents("apps/**/*.yaml") if f == file and d["kind"] == "ConfigMap"}
        yield by_flux(release, data, helm, repository)
    maps = [d for _, d in documents("clusters/**/*.yaml") if d["kind"] == "ConfigMap"]
    for _, root in documents("clusters/*/root.yaml"):
        cluster = [m for m in maps if root["spec"]["path"].split("/")[-1] in m["data"]["region"]]
        waiting, seen = [root], [root["metadata"]["name"]]
        while waiting:
            built = build(waiting.pop(), cluster, fluxbuild, repository)
            inner = [d for d in built if d["kind"] == "Kustomization" and d["metadata"]["name"] not in seen]
            waiting += inner
            seen += [d["metadata"]["name"] for d in inner]
            data = {d["metadata"]["name"]: d["data"] for d in built if d["kind"] == "ConfigMap"}
            for release in built:
                if release["kind"] == "HelmRelease":
                    yield by_flux(release, data, helm, repository)


def build(kustomization, maps, fluxbuild, repository):
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(repository, f"{scratch}/repo")
        for name, value in (("one", kustomization), ("maps", maps)):
            pathlib.Path(f"{scratch}/{name}").write_text(json.dumps(value))
        lines = run([fluxbuild, f"{scratch}/repo", f"{scratch}/one", f"{scratch}/maps"], scratch).splitlines()
        return [json.loads(line) for line in lines]


def by_flux(release, data, helm, repository):
    spec, name = release["spec"], release["metadata"]["name"]
    chart = spec["chart"]["spec"]
    values = [repository / f for f in chart.get("valuesFiles", [])]
    values += [yaml.safe_load(data[s["name"]][s.get("valuesKey", "values.yaml")]) for s in spec.get("valuesFrom", [])]
    values += [spec["values"]] if spec.get("values") else []
    target = spec.get("targetNamespace")
    namespace = target or release["metadata"]["namespace"]
    released = spec.get("releaseName") or (f"{target}-{name}" if target else name)
    return by_helm(helm, repository / chart["chart"], released, namespace, values, [], repository)


def compare(case, releases, record):
    folder, made = ROOT / case / "expected", dict(releases)
    if record:
        folder.mkdir(exist_ok=True)
        for name, text in made.items():
            (folder / f"{name}.yaml").write_text(text)
    there = {file.stem: file.read_text() for file in folder.glob("*.yaml")}
    differing = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    if differing:
        sys.exit(f"testdata/adopt/{case}/expected: {', '.join(differing)}: not what the real tool renders")
    print(f"{case}: {len(made)} releases")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("record", "check"):
        sys.exit(__doc__)
    record, helm, tools = sys.argv[1] == "record", sys.argv[2], sys.argv[3:] + ["", "", ""]
    if tools[0]:
        compare("helmfile", helmfile(ROOT / "helmfile" / "repo", tools[0], helm), record)
    if tools[1]:
        compare("argocd", applications(ROOT / "argocd" / "repo", tools[1], helm), record)
    if tools[2]:
        compare("flux", flux(ROOT / "flux" / "repo", tools[2], helm), record)


if __name__ == "__main__":
    main()
