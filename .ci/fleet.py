#!/usr/bin/env python3
"""Renders every chart of plimsoll.yaml in every environment and cluster with the real Helm, both versions.

    .ci/fleet.py record|check HELM4 HELM3

The layers are put together here, by code of its own, so that what plimsoll makes of plimsoll.yaml is compared with
somebody else's reading of it. testdata/fleet/helm.txt has a line for each release: the SHA-256 of what Helm 4 and Helm 3
print, chart, environment, cluster, namespace, Kubernetes version, and the files of values, the weakest first. Needs PyYAML.
"""

import concurrent.futures
import glob
import hashlib
import os
import pathlib
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "testdata" / "fleet" / "helm.txt"
# Where a chart keeps an environment's values, as README.md lists them.
CONVENTIONS = ["values-{env}.yaml", "values.{env}.yaml", "values/{env}.yaml", "env/{env}.yaml", "envs/{env}.yaml",
               "environments/{env}.yaml", "environments/{env}/values.yaml"]


def charts_of(project):
    for entry in project["charts"]:
        for path in sorted(glob.glob(entry)):
            chart = os.path.join(path, "Chart.yaml")
            if os.path.isfile(chart) and yaml.safe_load(open(chart)).get("type") != "library":
                yield path


def releases():
    """(chart, environment, cluster, namespace, Kubernetes version, files) of every release."""
    project = yaml.safe_load((ROOT / "plimsoll.yaml").read_text())
    for path in charts_of(project):
        for env, environment in project["environments"].items():
            for cluster, attributes in environment["clusters"].items():
                words = {**attributes, "env": env, "cluster": cluster, "chart": os.path.basename(path)}
                files = [f for f in (os.path.join(path, c.format(**words)) for c in CONVENTIONS) if os.path.isfile(f)]
                for layer in project["layers"]:
                    layer = {"file": layer} if isinstance(layer, str) else layer
                    file = layer["file"].format(**words)
                    if os.path.isfile(file) or not layer.get("optional"):
                        files.append(file)
                kube = attributes.get("kubeVersion", environment.get("kubeVersion", project["kubeVersion"]))
                yield path, env, cluster, project["namespace"].format(**words), kube, files


def digest(helm, release):
    path, _, _, namespace, kube, files = release
    command = [helm, "template", os.path.basename(path), path, "--namespace", namespace, "--kube-version", kube]
    for file in files:
        command += ["--values", file]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True)
    if answer.returncode:
        sys.exit(f"{' '.join(command)}\n{answer.stderr.decode()}")
    return hashlib.sha256(answer.stdout).hexdigest()


def line(release, helm4, helm3):
    path, env, cluster, namespace, kube, files = release
    return " ".join([digest(helm4, release), digest(helm3, release), path, env, cluster, namespace, kube, ",".join(files)])


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("record", "check"):
        sys.exit(__doc__)
    os.chdir(ROOT)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        text = "".join(l + "\n" for l in pool.map(lambda r: line(r, *sys.argv[2:]), releases()))
    if sys.argv[1] == "record":
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        then, now = RECORD.read_text().splitlines(), text.splitlines()
        sys.exit("\n".join(["testdata/fleet/helm.txt is not what the real Helm says:"] + sorted(set(now) ^ set(then))[:20]))
    print(f"{text.count(chr(10))} releases")


if __name__ == "__main__":
    main()
