#!/usr/bin/env python3
"""Checks the pipelines in ci/ as far as that goes without GitHub, GitLab and Jenkins.

    .ci/pipelines.py PLIMSOLL

- their form: GitHub's and GitLab's own JSON schemas (check-jsonschema), actionlint;
- their shell: shellcheck;
- that the jobs that they make are those of plimsoll.yaml's clusters, all of them;
- their commands: each step that uses plimsoll or yq is run in a copy of the fleet, as a git repository of two commits, with
  the variables that the pipeline would set, those of shards once for each;
- that the shards' diffs, joined, are the diff of one run.

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


def same_diff(name, base, parts, written, folder, plimsoll):
    """The shards' reports joined are the report of one run, and the pipeline's own report of them is about the change."""
    commands = (["diff", "--all", "--against", f"git:{base}"], ["report", "merge", *parts])
    # A secret's hash has another key in each run.
    whole, joined = (re.sub(r"\[secret \w+\]", "[secret]", run([plimsoll, *command, "--output", "json"], cwd=folder))
                     for command in commands)
    if len(parts) < 2 or whole != joined or ".example.net" not in joined:
        sys.exit(f"{name}: {len(parts)} shards' diffs joined are not that of one run")
    if ".example.net" not in written.read_text():
        sys.exit(f"{name}: the report does not tell what changed")


def github(folder, plimsoll):
    file = CI / "github-actions.yml"
    run(["check-jsonschema", "--builtin-schema", "vendor.github-workflows", file])
    run(["actionlint", file])
    workflow = yaml.safe_load(file.read_text())
    env, cluster = clusters()[-1]
    written, summary, count = folder / "github-output", folder / "summary.md", 0
    for name, job in workflow["jobs"].items():
        matrix = job.get("strategy", {}).get("matrix", {})
        for index, shard in enumerate(matrix["shard"] if "shard" in matrix else [""]):
            variables = {"ENVIRONMENT": env, "CLUSTER": cluster, "SHARD": shard, "GITHUB_OUTPUT": str(written),
                         "GITHUB_STEP_SUMMARY": str(summary)}
            count += sum(shell(s["run"], folder, plimsoll, **variables) for s in job["steps"] if "run" in s)
            if shard:
                # As an artifact goes from one machine to another.
                (folder / "diffs" / f"{name}-{index}").mkdir(parents=True)
                (folder / "diff.json").rename(folder / "diffs" / f"{name}-{index}" / "diff.json")
    same_diff(file.name, "HEAD^", sorted(folder.glob("diffs/*/diff.json")), summary, folder, plimsoll)
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
    base = run(["git", "rev-parse", "HEAD^"], cwd=folder).strip()
    variables |= {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_NODE_TOTAL": "1"}
    count = 0
    for job in jobs.values():
        if not isinstance(job, dict) or "script" not in job:
            continue
        for index in range(job.get("parallel", 1)):
            variables |= {"CI_NODE_INDEX": str(index + 1), "CI_NODE_TOTAL": str(job.get("parallel", 1))}
            # Charts are words of one variable, and meant to be.
            count += shell("# shellcheck disable=SC2086\n" + "\n".join(job["script"]), folder, plimsoll, **variables)
    same_diff(file.name, base, sorted(folder.glob("diff-*.json")), folder / "diff.md", folder, plimsoll)
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


def commit(folder, message):
    who = ["-c", "user.name=ci", "-c", "user.email=ci@example.com"]
    run(["git", "init", "--quiet"], cwd=folder)
    run(["git", "add", "--all"], cwd=folder)
    run(["git", *who, "commit", "--quiet", "--message", message], cwd=folder)


def main():
    plimsoll = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "fleet"
        folder.mkdir()
        for name in FLEET:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name, **({"symlinks": True} if source.is_dir() else {}))
        commit(folder, "first")
        # What the pull request is about: every host has another name.
        company = folder / "environments" / "company.yaml"
        company.write_text(company.read_text().replace("domain: example.com", "domain: example.net"))
        commit(folder, "second")
        counts = [check(folder, plimsoll) for check in (github, gitlab, jenkins)]
    print(f"{sum(counts)} steps of three pipelines run")


if __name__ == "__main__":
    main()
