#!/usr/bin/env python3
"""Lint of a whole fleet, side by side with the loop that it replaces, in one run.

lint.py PLIMSOLL HELM KUBECONFORM KUBE_LINTER SWAGGER [CHARTS]

`plimsoll lint` with all families, in one process, against `helm template | tee >(kubeconform -strict) >(kube-linter)`
for each of 130 charts of benches/fleet.py in each of three environments, two at a time as a CI machine with two cores
would. SWAGGER is api/openapi-spec/swagger.json of Kubernetes: kubeconform's schemas are made of it, as its own are, and
lie on disk, which is faster than it asking the network. Build plimsoll with `cargo build --release` first, and do not
run this at real-time priority: two Go programs that spin on two cores wait for each other for ever.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

import fleet

ENVIRONMENTS = ["dev", "staging", "prod"]
PROCESSES = 2


def inlined(node, definitions, above=()):
    """A schema with its references resolved and unknown fields refused: the form that kubeconform is given."""
    if isinstance(node, list):
        return [inlined(item, definitions, above) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and isinstance(node["$ref"], str):
        name = node["$ref"].rsplit("/", 1)[1]
        return {} if name in above else inlined(definitions[name], definitions, above + (name,))
    out = {key: inlined(value, definitions, above) for key, value in node.items()}
    if out.get("format") == "int-or-string":
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    if isinstance(out.get("properties"), dict) and "additionalProperties" not in out:
        out["additionalProperties"] = False
    return out


def schemas(swagger, folder):
    with open(swagger, encoding="utf-8") as file:
        definitions = json.load(file)["definitions"]
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", [])[:1]:
            group = kind["group"].split(".")[0]
            file = "-".join(part for part in (kind["kind"].lower(), group, kind["version"]) if part)
            with open(f"{folder}/{file}.json", "w", encoding="utf-8") as out:
                json.dump(inlined(definition, definitions, (name,)), out)


def measured(command, **options):
    """Seconds, peak memory in MB and exit status of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def one(job):
    """What a pipeline runs for a chart in an environment; the peak memory of the largest of its processes."""
    chart, env, helm, kubeconform, kube_linter, scratch = job
    rendered = f"{scratch}/{os.path.basename(chart)}-{env}.yaml"
    with open(rendered, "wb") as out:
        subprocess.run([helm, "template", os.path.basename(chart), chart, "-f", f"{chart}/values-{env}.yaml"],
                       stdout=out, check=True)
    location = f"{scratch}/schemas/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    # Whether it refuses something is of no matter here: the time is measured.
    _, conform_memory, _ = measured([kubeconform, "-strict", "-schema-location", location, rendered])
    _, linter_memory, _ = measured([kube_linter, "lint", rendered])
    return max(conform_memory, linter_memory)


def main():
    plimsoll, helm, kubeconform, kube_linter, swagger = sys.argv[1:6]
    charts = int(sys.argv[6]) if len(sys.argv) > 6 else 130
    with tempfile.TemporaryDirectory() as scratch:
        os.mkdir(f"{scratch}/schemas")
        schemas(swagger, f"{scratch}/schemas")
        names = fleet.generate(f"{scratch}/fleet", charts, ENVIRONMENTS)
        command = [plimsoll, "lint", "--fail-on", "never", "--output", "json"]
        ours = [measured(command, cwd=f"{scratch}/fleet") for _ in range(5)]
        assert all(status == 0 for _, _, status in ours), "plimsoll lint failed"
        jobs = [
            (f"{scratch}/fleet/charts/{name}", env, helm, kubeconform, kube_linter, scratch)
            for name in names
            for env in ENVIRONMENTS
        ]
        start = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            memory = list(pool.map(one, jobs))
        theirs = time.perf_counter() - start
        ours += [measured(command, cwd=f"{scratch}/fleet") for _ in range(5)]
    median = sorted(seconds for seconds, _, _ in ours)[len(ours) // 2]
    print(f"{charts} charts in {len(ENVIRONMENTS)} environments, {len(jobs)} releases")
    print(f"helm template + kubeconform + kube-linter, {PROCESSES} at a time: {theirs:.1f} s, "
          f"largest process {max(memory):.0f} MB")
    print(f"plimsoll lint, one process: {median * 1e3:.0f} ms (of {len(ours)}), {max(m for _, m, _ in ours):.0f} MB")
    print(f"{theirs / median:.0f} times faster")


if __name__ == "__main__":
    main()
