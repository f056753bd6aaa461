#!/usr/bin/env python3
"""Runs the KRM function under the real kustomize, and under kpt where it is given, on a chart of this repository.

    .ci/krm.py PLIMSOLL KUSTOMIZE [KPT]

What they make of it is what `plimsoll render` prints, object by object, with kustomize's own changes. Needs PyYAML.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = {"chart": "charts/web", "environment": "prod", "cluster": "np-aws", "releaseName": "web", "namespace": "web"}
# Words that YAML 1.1 takes for booleans have to come through as texts.
VALUES = {"php": {"env": {"FEATURE_FLAG": "yes"}}}


def run(command, folder):
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if answer.returncode:
        sys.exit(f"{' '.join(map(str, command))}: status {answer.returncode}\n{answer.stderr[-2000:]}")
    return answer.stdout


def objects(text):
    """By kind and name; YAML 1.1 as the API server's clients read it."""
    found = {}
    for document in yaml.safe_load_all(text):
        if document and document.get("kind") != "RenderChart":
            annotations = document["metadata"].get("annotations") or {}
            own = {k: v for k, v in annotations.items() if "kubernetes.io/index" not in k and "kubernetes.io/path" not in k}
            document["metadata"]["annotations"] = own
            if not own:
                del document["metadata"]["annotations"]
            found[document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]] = document
    return found


def same(tool, made, expected):
    differing = sorted(str(key) for key in made.keys() | expected.keys() if made.get(key) != expected.get(key))
    if differing or not expected:
        sys.exit(f"{tool}: {', '.join(differing)}: not what plimsoll renders")
    print(f"{tool}: {len(made)} objects")


def main():
    plimsoll, kustomize = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    kpt = sys.argv[3] if len(sys.argv) > 3 and sys.argv[3] else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name in ["charts", "environments", "plimsoll.yaml"]:
            (folder / name).symlink_to(ROOT / name)
        script = folder / "plimsoll-krm"
        script.write_text(f"#!/bin/sh\nexec {plimsoll} krm\n")
        script.chmod(0o755)
        function = {"apiVersion": "plimsoll.dev/v1alpha1", "kind": "RenderChart", "metadata": {"name": "web"},
                    "spec": {**SPEC, "values": VALUES}}
        (folder / "function.yaml").write_text(yaml.safe_dump(function))
        function["metadata"]["annotations"] = {"config.kubernetes.io/function": "exec: {path: ./plimsoll-krm}\n"}
        (folder / "generator.yaml").write_text(yaml.safe_dump(function))
        (folder / "kustomization.yaml").write_text("generators: [generator.yaml]\ncommonAnnotations: {by: kustomize}\n")

        command = [plimsoll, "render", "--chart", "charts/web", "--env", "prod", "--cluster", "np-aws"]
        expected = objects(run([*command, "--set-string", "php.env.FEATURE_FLAG=yes"], folder))
        built = objects(run([kustomize, "build", "--enable-alpha-plugins", "--enable-exec", "."], folder))
        for document in built.values():
            annotated(document)
        same("kustomize", built, expected)
        if kpt:
            package = folder / "package"
            package.mkdir()
            (package / "there.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: there}\n")
            run([kpt, "fn", "eval", package, "--exec", "./plimsoll-krm", "--fn-config", "function.yaml"], folder)
            text = "\n---\n".join(file.read_text() for file in sorted(package.rglob("*.yaml")))
            made = objects(text)
            del made["ConfigMap", None, "there"]
            same("kpt", made, expected)


def annotated(node):
    """Takes away what kustomize was asked to add, also in the templates of Pods."""
    if isinstance(node, dict):
        annotations = node.get("annotations")
        if isinstance(annotations, dict) and annotations.pop("by", None) and not annotations:
            del node["annotations"]
        for value in node.values():
            annotated(value)
    elif isinstance(node, list):
        for value in node:
            annotated(value)


if __name__ == "__main__":
    main()
