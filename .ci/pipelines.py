#!/usr/bin/env python3
"""Checks the pipelines in ci/ as far as that goes without GitHub, GitLab and Jenkins.

    .ci/pipelines.py PLIMSOLL

- their form: GitHub's and GitLab's own JSON schemas (check-jsonschema), actionlint;
- their shell: shellcheck;
- that the jobs that they make are those of plimsoll.yaml's clusters, all of them;
- their commands: each step that uses plimsoll or yq is run in a copy of the fleet, as a git repository, with the variables
  that the pipeline would set.

Needs PyYAML; check-jsonschema, actionlint, shellcheck and yq (mikefarah) on the path.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CI = ROOT / "ci"
FLEET = ["charts", "environments", "schemas", "plimsoll.yaml", "waivers.yaml"]


def run(command, **options):
    answer = subprocess.run(command, capture_output=True, text=True, **options)
    if answer.returncode:
        sys.exit(f"{command}: status {answer.returncode}\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}")
    return answer.stdout


def shell(script, folder, plimsoll, shell_name="bash", **variables):
    """Checks a script, and runs it if it uses what is there."""
    run(["shellcheck", f"--shell={shell_name}", "--exclude=SC2154", "-"], input=f"#!/bin/{shell_name}\n{script}")
    if not re.search(r"\b(plimsoll|yq) ", script):
        return 0
    path = f"{plimsoll.parent}:{os.environ['PATH']}"
    run([shell_name, "-e", "-c", script], cwd=folder, env={**os.environ, "PATH": path, **variables})
    return 1


def clusters():
    project = yaml.safe_load((ROOT / "plimsoll.yaml").read_text())
    return sorted((env, cluster) for env, e in project["environments"].items() for cluster in e["clusters"])


def same_clusters(name, named):
    if sorted(named) != clusters():
        sys.exit(f"{name} names other clusters than plimsoll.yaml: {sorted(set(named) ^ set(clusters()))}")


def github(folder, plimsoll):
    file = CI / "github-actions.yml"
    run(["check-jsonschema", "--builtin-schema", "vendor.github-workflows", file])
    run(["actionlint", file])
    workflow = yaml.safe_load(file.read_text())
    steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    env, cluster = clusters()[-1]
    written = folder / "github-output"
    count = sum(shell(s, folder, plimsoll, ENVIRONMENT=env, CLUSTER=cluster, GITHUB_OUTPUT=str(written)) for s in steps)
    entries = json.loads(written.read_text().removeprefix("matrix="))["include"]
    same_clusters(file.name, [(e["env"], e["cluster"]) for e in entries])
    return count


def gitlab(folder, plimsoll):
    file = CI / "gitlab.yml"
    run(["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file])
    jobs = yaml.safe_load(file.read_text())
    env, cluster = clusters()[0]
    variables = {"ENV": env, "CLUSTER": cluster, "PLIMSOLL_CHARTS": "charts/web charts/settlement",
                 "PLIMSOLL_FAIL_ON": "error"}
    scripts = ["\n".join(job["script"]) for job in jobs.values() if isinstance(job, dict) and "script" in job]
    # Charts are words of one variable, and meant to be.
    count = sum(shell("# shellcheck disable=SC2086\n" + s, folder, plimsoll, **variables) for s in scripts)
    # The pipeline that the job writes is GitLab's, too, and has a job for each cluster.
    child = folder / "plimsoll-fleet.yml"
    run(["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", child])
    job = yaml.safe_load(child.read_text())["plimsoll"]
    same_clusters(file.name, [(entry["ENV"], entry["CLUSTER"]) for entry in job["parallel"]["matrix"]])
    return count


def jenkins(folder, plimsoll):
    """Three repositories, as the pipeline checks them out: source, fleet, fleet/environments."""
    text = (CI / "Jenkinsfile").read_text()
    if text.count("{") != text.count("}") or text.count("(") != text.count(")"):
        sys.exit("Jenkinsfile: brackets are not in pairs")
    workspace = folder.parent
    (workspace / "tag").write_text("8.4.15")
    (workspace / "digest").write_text("sha256:" + "a" * 64)
    variables = {"SERVICE": "web", "IMAGE_KEY": "php", "ENVIRONMENT": "staging", "REGISTRY": "registry.example.com",
                 "REPOSITORY": "web/php"}
    count = sum(shell(s, folder, plimsoll, "sh", **variables) for s in re.findall(r"sh '''(.*?)'''", text, re.S))
    if "web/php:8.4.15@sha256:aaaa" not in (workspace / "manifests.yaml").read_text():
        sys.exit("Jenkinsfile: the image that was built is not in what it renders")
    return count


def main():
    plimsoll = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "fleet"
        folder.mkdir()
        for name in FLEET:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name, **({"symlinks": True} if source.is_dir() else {}))
        run(["git", "init", "--quiet"], cwd=folder)
        counts = [check(folder, plimsoll) for check in (github, gitlab, jenkins)]
    print(f"{sum(counts)} steps of three pipelines run")


if __name__ == "__main__":
    main()
