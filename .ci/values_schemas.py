#!/usr/bin/env python3
"""Writes values.schema.json of the charts that are made of charts/common, from one description of what its templates read.

    .ci/values_schemas.py [--check]

A misspelt key below a workload is refused by Helm and by plimsoll before anything renders. `--check` writes nothing and
fails if a file is stale.
"""

import json
import pathlib
import sys

CHARTS = pathlib.Path(__file__).resolve().parent.parent / "charts"

TEXT = {"type": "string"}
SCALAR = {"type": ["string", "number", "boolean"]}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
OBJECT = {"type": "object"}
LIST = {"type": "array"}
PERCENT = {"type": "integer", "minimum": 1, "maximum": 100}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
QUANTITY = {"type": ["string", "number"], "pattern": "^[0-9.]+(m|k|Ki|M|Mi|G|Gi|T|Ti)?$"}


def says(text, schema):
    return {"description": text, **schema}


def of(**properties):
    """An object with these keys and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def by_name(schema):
    """A map by name; null takes a name away."""
    return {"type": ["object", "null"], "additionalProperties": schema}


def or_null(schema):
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name):
    return {"$ref": f"#/$defs/{name}"}


PEER = {**of(namespace=TEXT, labels=OBJECT, cidr=says("a range of addresses instead of Pods", TEXT),
             ports={"type": "array", "minItems": 1, "items": {"anyOf": [PORT, TEXT]}}), "required": ["ports"]}

DEFS = {
    "ownership": says("Labels of every object: who answers, what it holds, who pays", of(
        owner=TEXT, team=TEXT, dataClassification={"enum": ["pci", "confidential", "internal", "public"]},
        costCentre=TEXT, paymentPath=says("a payment waits for it", FLAG))),
    "image": of(
        registry=TEXT, repository={"type": "string", "pattern": "^[a-z0-9][a-z0-9._/-]*$"},
        tag={"type": "string", "not": {"const": "latest"}, "maxLength": 128},
        digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]}),
    "resources": {"type": "object", "required": ["requests", "limits"], "properties": {
        "requests": {**of(cpu=QUANTITY, memory=QUANTITY), "required": ["cpu", "memory"]},
        "limits": {**of(cpu=QUANTITY, memory=QUANTITY), "required": ["memory"]}}},
    "probes": of(startup=OBJECT, readiness=OBJECT, liveness=OBJECT),
    "secrets": says("ExternalSecrets by name", by_name(or_null({**of(
        path=says("where the store has it; a template", TEXT), keys={"type": "object", "additionalProperties": TEXT},
        mountPath=TEXT, env=says("as variables instead of files", FLAG), refreshInterval=TEXT),
        "required": ["path", "keys"]}))),
    "ports": says("Ports by name", by_name(PORT)),
    "config": says("The ConfigMap; texts are templates", by_name(or_null(SCALAR))),
    "networkPolicy": says("Who may call, and whom it may call, by name", of(
        **{"from": by_name(or_null(PEER)), "to": by_name(or_null(PEER))})),
    "autoscaling": of(enabled=FLAG, minReplicas={"type": "integer", "minimum": 2}, maxReplicas=COUNT, cpuPercent=PERCENT,
                      memoryPercent=PERCENT, metrics=LIST, scaleDownSeconds=COUNT),
    "keda": of(enabled=FLAG, minReplicas={"type": "integer", "minimum": 1}, maxReplicas=COUNT, pollingSeconds=COUNT,
               cooldownSeconds={"type": "integer", "minimum": 60}, scaleDownSeconds=COUNT, fallbackReplicas=COUNT,
               standbyReplicas=COUNT,
               triggers=by_name(or_null(of(type=TEXT, metricType=TEXT, authentication=TEXT, metadata=by_name(SCALAR)))),
               authentications=by_name(by_name({**of(secret=TEXT, key=TEXT), "required": ["secret", "key"]}))),
    "ingress": of(enabled=FLAG, className=TEXT, issuer=TEXT, host=says("a template", TEXT), tlsSecret=TEXT, annotations=by_name(SCALAR),
                  paths=says("port names by path; =/path is that path alone",
                             {"type": "object", "propertyNames": {"pattern": "^=?/"}, "additionalProperties": TEXT})),
    "canary": of(enabled=FLAG, weight={"type": "integer", "minimum": 0, "maximum": 100}, header=TEXT,
                 values=says("laid over the workload's own values", OBJECT)),
    "rollout": of(enabled=FLAG, steps={"type": "array", "items": OBJECT}, analysis=of(
        enabled=FLAG, prometheus=TEXT, errorPercent={"type": "number", "minimum": 0, "maximum": 100}, interval=TEXT,
        count={"type": "integer", "minimum": 1}, failureLimit=COUNT)),
    "shutdown": of(preStopSeconds=COUNT, graceSeconds=COUNT),
    "metrics": of(enabled=FLAG, port=TEXT, path=TEXT, interval=TEXT, timeout=TEXT),
    "job": of(activeDeadlineSeconds=COUNT, backoffLimit={"type": "integer", "minimum": 0, "maximum": 6},
              ttlSecondsAfterFinished=COUNT, completions=COUNT, parallelism=COUNT, podFailurePolicy=OBJECT),
    "global": says("What the layers of environments/ set for every chart", {"type": "object", "properties": {
        "domain": TEXT, "country": {"type": "string", "pattern": "^[a-z]{2}$"}, "environment": TEXT, "currency": TEXT,
        "timeZone": TEXT, "locale": TEXT, "regulator": TEXT, "image": of(registry=TEXT),
        "secretStore": of(kind={"enum": ["ClusterSecretStore", "SecretStore"]}, name=TEXT),
        "cluster": of(name=TEXT, cloud=TEXT, region=TEXT), "standby": of(enabled=FLAG, replicas=COUNT)}}),
}

POD = {
    "ownership": ref("ownership"), "image": ref("image"), "resources": ref("resources"), "config": ref("config"),
    "secrets": ref("secrets"), "env": by_name({"anyOf": [SCALAR, OBJECT]}), "command": LIST, "args": LIST,
    "volumes": LIST, "volumeMounts": LIST, "tmpSize": QUANTITY, "runAsUser": COUNT,
    "nodeSelector": {"type": ["object", "null"]}, "tolerations": {"type": ["array", "null"]}, "priorityClassName": TEXT,
    "podLabels": by_name(TEXT), "podAnnotations": by_name(SCALAR), "annotations": by_name(SCALAR),
    "serviceAccount": of(name=TEXT, mountToken=FLAG, annotations=by_name(SCALAR)), "shutdown": ref("shutdown"),
    "networkPolicy": ref("networkPolicy"),
    "vault": says("files that Vault's agent writes into the Pod", OBJECT),
}
SERVICE = {
    **POD, "replicas": COUNT, "ports": ref("ports"), "probes": ref("probes"),
    "service": of(ports=ref("ports"), annotations=by_name(SCALAR), headless=FLAG), "autoscaling": ref("autoscaling"),
    "keda": ref("keda"), "ingress": ref("ingress"), "canary": ref("canary"), "rollout": ref("rollout"),
    "metrics": ref("metrics"), "reloader": FLAG, "minReadySeconds": COUNT, "strategy": of(maxSurge={"type": ["string", "integer"]}),
    "spread": of(zones={"enum": ["ScheduleAnyway", "DoNotSchedule"]}),
    "disruptionBudget": of(maxUnavailable={"type": ["string", "integer"]}),
}
BATCH = {
    **POD, "schedule": {"type": "string", "pattern": r"^(@\w+|\S+ \S+ \S+ \S+ \S+)$"}, "timeZone": TEXT, "suspend": FLAG,
    "startingDeadlineSeconds": {"type": "integer", "minimum": 60}, "job": ref("job"),
}
CONTAINER = {k: SERVICE[k] for k in ("image", "ports", "probes", "volumeMounts", "resources", "shutdown", "command", "args", "env")}

# What each chart has at the top of its values.
SHAPES = {
    "wallet-api": {"ownership": ref("ownership"), "api": of(**SERVICE), "consumer": of(**SERVICE),
                   "reconciler": of(**SERVICE)},
    "merchant-portal": {"ownership": ref("ownership"), "frontend": of(**SERVICE), "backend": of(**SERVICE)},
    "notifications": {
        "ownership": ref("ownership"), "api": of(**SERVICE), "dispatcher": of(**SERVICE),
        "channels": by_name(or_null({**of(**SERVICE, messagesPerReplica={"type": "integer", "minimum": 1}),
                                     "required": ["messagesPerReplica"]}))},
    "web": {
        **SERVICE, "nginx": of(**CONTAINER, bodySize=TEXT, readTimeoutSeconds=COUNT),
        "php": of(**CONTAINER, children={"type": "integer", "minimum": 1}, memoryPerChild=TEXT),
        "routes": by_name(or_null({**of(
            host=TEXT, tlsSecret=TEXT, annotations=by_name(SCALAR),
            paths={"type": "object", "propertyNames": {"pattern": "^/"},
                   "additionalProperties": {"enum": ["Exact", "Prefix", "ImplementationSpecific"]}}),
            "required": ["host", "paths"]}))},
    "settlement": {
        "ownership": ref("ownership"), "runbooks": {"type": "string", "pattern": "^https://"},
        "files": of(storageClassName=TEXT, size=QUANTITY), "batch": of(**BATCH),
        "jobs": by_name(or_null({**of(**BATCH, alertAfterSeconds=COUNT), "required": ["schedule"]})),
        "rerun": of(job=TEXT, date={"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?$"})},
    "core-banking": {
        "ownership": ref("ownership"), "interest": of(**BATCH),
        **{name: says(f"values of the chart {name}", OBJECT) for name in ("ledger", "accounts", "transfers", "limits")}},
    **{f"core-banking/charts/{name}": {**SERVICE, "enabled": FLAG} for name in ("accounts", "transfers", "limits")},
    "ledger": {
        "ownership": ref("ownership"), "image": ref("image"), "replicas": COUNT, "service": of(port=PORT),
        "ingress": of(enabled=FLAG, host=TEXT, annotations=by_name(SCALAR)),
        "config": of(logLevel={"enum": ["debug", "info", "warn", "error"]},
                     settlementWindow={"type": "string", "pattern": r"^\d\d:\d\d$"},
                     currencies={"type": "array", "items": {"type": "string", "pattern": "^[A-Z]{3}$"}}),
        "database": of(host=TEXT, name=TEXT, secretPath=TEXT), "resources": ref("resources"),
        "autoscaling": ref("autoscaling"), "rollout": of(enabled=FLAG, steps={"type": "array", "items": OBJECT}),
        "disruptionBudget": of(maxUnavailable={"type": ["string", "integer"]}),
        "probes": of(path=TEXT, readyPath=TEXT, periodSeconds=COUNT), "networkPolicy": ref("networkPolicy"),
        "podLabels": by_name(TEXT)},
}


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def schema(shape):
    properties = {**shape, "global": ref("global"), "common": says("the library chart", OBJECT)}
    used, new = set(), set(references(properties))
    while new:
        used |= new
        new = {r for name in new for r in references(DEFS[name])} - used
    return {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties,
            "additionalProperties": False, "$defs": {name: DEFS[name] for name in DEFS if name in used}}


def main():
    stale = []
    for name, shape in SHAPES.items():
        path, text = CHARTS / name / "values.schema.json", json.dumps(schema(shape), indent=1) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if sys.argv[1:] != ["--check"]:
            path.write_text(text)
    if sys.argv[1:] == ["--check"] and stale:
        sys.exit(f"stale: {', '.join(stale)}")


if __name__ == "__main__":
    main()
