#!/usr/bin/env python3
"""A fleet of charts to measure with: services of one company that share a library chart.

fleet.py FOLDER [--charts 130] [--environments dev,staging,prod] [--countries np,id,ph] [--check HELM --plimsoll PLIMSOLL]

Every chart has nine templates, each a line or two that asks the library, and values of its own: APIs, workers and
nightly jobs, in three sizes. Environments are values-ENV.yaml in the charts. With countries there are also layers for
the company, the countries and their clusters, and a project file that names them. The same arguments give the same
bytes.

--check renders each release with the real Helm, too, and compares it with what `plimsoll render --all` prints, byte for
byte. Which files a release gets is put together here, not read from the project file.
"""
import argparse
import concurrent.futures
import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import time

LIBRARY = {
    "Chart.yaml": """apiVersion: v2
name: platform
description: What the services of the company have in common
type: library
version: 3.2.1
""",
    "templates/_names.tpl": """{{- define "platform.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "platform.selector" -}}
app.kubernetes.io/name: {{ include "platform.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "platform.labels" -}}
{{ include "platform.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
owner: {{ .Values.owner }}
team: {{ .Values.team }}
data-classification: {{ .Values.dataClassification }}
{{- with .Values.country }}
country: {{ . }}
{{- end }}
{{- end -}}
{{- define "platform.metadata" -}}
name: {{ include "platform.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "platform.labels" . | nindent 2 }}
{{- end -}}
""",
    "templates/_pod.tpl": """{{- define "platform.image" -}}
{{- printf "%s/%s:%s" .Values.image.registry .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- define "platform.env" -}}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ tpl (toString $value) $ | quote }}
{{- end }}
{{- range $name, $key := .Values.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "platform.name" $ }}
      key: {{ $key }}
{{- end }}
{{- end -}}
{{- define "platform.container" -}}
- name: {{ include "platform.name" . }}
  image: {{ include "platform.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- with .Values.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "platform.env" . | trim | nindent 4 }}
  {{- if .Values.service.enabled }}
  ports:
    - name: http
      containerPort: {{ .Values.service.port }}
    - name: metrics
      containerPort: {{ .Values.metrics.port }}
  {{- with .Values.probes }}
  livenessProbe:
    httpGet: {path: {{ .liveness }}, port: http}
    periodSeconds: {{ .period }}
  readinessProbe:
    httpGet: {path: {{ .readiness }}, port: http}
    periodSeconds: {{ .period }}
  {{- end }}
  {{- end }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  volumeMounts:
    - {name: config, mountPath: /etc/{{ include "platform.name" . }}, readOnly: true}
    - {name: tmp, mountPath: /tmp}
{{- end -}}
{{- define "platform.pod" -}}
metadata:
  labels:
    {{- include "platform.labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ toYaml .Values.config | sha256sum }}
spec:
  serviceAccountName: {{ include "platform.name" . }}
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ .Values.runAsUser }}
    seccompProfile: {type: RuntimeDefault}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.topologyKeys }}
  topologySpreadConstraints:
    {{- range . }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "platform.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- if .Values.restartPolicy }}
  restartPolicy: {{ .Values.restartPolicy }}
  {{- end }}
  containers:
    {{- include "platform.container" . | nindent 4 }}
  volumes:
    - name: config
      configMap: {name: {{ include "platform.name" . }}}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
{{- end -}}
""",
    "templates/_workload.tpl": """{{- define "platform.workload" -}}
{{- if eq .Values.kind "CronJob" }}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  schedule: {{ .Values.schedule | quote }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  jobTemplate:
    spec:
      backoffLimit: 2
      activeDeadlineSeconds: 3600
      template:
        {{- include "platform.pod" . | nindent 8 }}
{{- else }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 25%}
  selector:
    matchLabels:
      {{- include "platform.selector" . | nindent 6 }}
  template:
    {{- include "platform.pod" . | nindent 4 }}
{{- end }}
{{- end -}}
""",
    "templates/_around.tpl": """{{- define "platform.service" -}}
{{- if .Values.service.enabled }}
apiVersion: v1
kind: Service
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "platform.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: metrics, port: {{ .Values.metrics.port }}, targetPort: metrics}
{{- end }}
{{- end -}}
{{- define "platform.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
data:
  application.yaml: |
    {{- tpl (toYaml .Values.config) . | nindent 4 }}
{{- end -}}
{{- define "platform.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}
{{- define "platform.autoscaler" -}}
{{- if and .Values.autoscaling.enabled (ne .Values.kind "CronJob") }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "platform.name" . }}}
  minReplicas: {{ .Values.autoscaling.min }}
  maxReplicas: {{ .Values.autoscaling.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.cpu }}}
{{- end }}
{{- end -}}
{{- define "platform.disruption" -}}
{{- if and (ne .Values.kind "CronJob") (gt (int .Values.replicas) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "platform.selector" . | nindent 6 }}
{{- end }}
{{- end -}}
{{- define "platform.network" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "platform.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range .Values.callers }}
    - from:
        - podSelector: {matchLabels: {app.kubernetes.io/name: {{ . }}}}
      ports: [{port: http}]
    {{- end }}
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
      ports: [{port: metrics}]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      ports: [{port: 53, protocol: UDP}]
    {{- range .Values.callees }}
    - to:
        - podSelector: {matchLabels: {app.kubernetes.io/name: {{ . }}}}
    {{- end }}
{{- end -}}
{{- define "platform.ingress" -}}
{{- if and .Values.ingress.enabled .Values.service.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: {{ .Values.ingress.bodySize | quote }}
spec:
  ingressClassName: nginx
  tls:
    - hosts: [{{ .Values.ingress.host }}]
      secretName: {{ include "platform.name" . }}-tls
  rules:
    - host: {{ .Values.ingress.host }}
      http:
        paths:
          - path: /{{ include "platform.name" . }}
            pathType: Prefix
            backend: {service: {name: {{ include "platform.name" . }}, port: {name: http}}}
{{- end }}
{{- end -}}
{{- define "platform.secret" -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
type: Opaque
stringData:
  {{- range $name, $key := .Values.secretEnv }}
  {{ $key }}: {{ printf "vault:secret/data/%s#%s" (include "platform.name" $) $key | quote }}
  {{- end }}
{{- end -}}
""",
}

TEMPLATES = {
    "workload": "workload",
    "service": "service",
    "configmap": "config",
    "serviceaccount": "serviceAccount",
    "hpa": "autoscaler",
    "pdb": "disruption",
    "networkpolicy": "network",
    "ingress": "ingress",
    "secret": "secret",
}

DOMAINS = ["ledger", "wallet", "payout", "settlement", "fraud", "kyc", "fx", "card", "merchant", "notification",
           "reporting", "dispute", "limits"]
ROLES = ["api", "worker", "gateway", "sync", "nightly"]
TEAMS = ["core-banking", "wallets", "risk", "merchants", "data"]
SIZES = {"small": ("100m", "128Mi", "256Mi"), "medium": ("250m", "512Mi", "512Mi"), "large": ("1", "1Gi", "2Gi")}
CLOUDS = [("aws", "1.35"), ("gcp", "1.36")]


def service(number):
    """Name and traits of the chart with a number."""
    # 13 and 5 have no divisor in common: 65 services until names come again.
    domain, role = DOMAINS[number % len(DOMAINS)], ROLES[number % len(ROLES)]
    generation = number // (len(DOMAINS) * len(ROLES))
    name = f"{domain}-{role}" + (f"-{generation + 1}" if generation else "")
    return name, domain, role


def values(number, names):
    name, domain, role = service(number)
    cpu, memory, limit = list(SIZES.values())[number % len(SIZES)]
    is_job, has_port = role == "nightly", role not in ("nightly", "worker")
    callers = [names[(number + step) % len(names)] for step in (1, 5)]
    callees = [names[(number + step) % len(names)] for step in (2, 7, 11)]
    return f"""# {name}: defaults of every environment
kind: {"CronJob" if is_job else "Deployment"}
owner: {domain}@example.com
team: {TEAMS[number % len(TEAMS)]}
dataClassification: {"pci" if domain in ("ledger", "card", "wallet") else "internal"}
country: ""
nameOverride: ""
image:
  registry: registry.example.com
  repository: {domain}/{role}
  tag: ""
  pullPolicy: IfNotPresent
args: {[] if has_port else ["--consume", domain]}
replicas: 2
runAsUser: {10001 + number % 50}
priorityClassName: ""
restartPolicy: {"Never" if is_job else '""'}
schedule: "{number % 60} {number % 5} * * *"
topologyKeys: [topology.kubernetes.io/zone]
service:
  enabled: {str(has_port).lower()}
  port: {8000 + number % 100}
metrics:
  port: 9090
probes:
  liveness: /healthz
  readiness: /ready
  period: 10
resources:
  requests: {{cpu: {cpu}, memory: {memory}}}
  limits: {{memory: {limit}}}
autoscaling:
  enabled: {str(has_port).lower()}
  min: 2
  max: {4 + number % 5}
  cpu: 70
ingress:
  enabled: {str(role in ("api", "gateway")).lower()}
  host: {name}.example.com
  bodySize: {1 + number % 8}m
env:
  LOG_LEVEL: info
  SERVICE_NAME: '{{{{ include "platform.name" . }}}}'
  DATABASE_HOST: {domain}-db.databases.svc
  DATABASE_POOL: {5 + number % 20}
secretEnv:
  DATABASE_PASSWORD: database-password
  API_KEY: api-key
callers: [{", ".join(callers)}]
callees: [{", ".join(callees)}]
config:
  server:
    name: '{{{{ include "platform.name" . }}}}'
    timeoutSeconds: {10 + number % 30}
  features:
{"".join(f"    {domain}{i}: {str((number + i) % 3 == 0).lower()}{chr(10)}" for i in range(8))}  retries:
    attempts: {3 + number % 3}
    backoff: {100 * (1 + number % 4)}ms
"""


def environment(env, number):
    """values-ENV.yaml: the later in the list, the more of everything."""
    is_prod = env == "prod"
    return f"""image:
  tag: "1.{number % 40}.{7 if is_prod else 8}"
replicas: {3 if is_prod else 1 if env == "dev" else 2}
priorityClassName: {"payments" if is_prod else '""'}
env:
  LOG_LEVEL: {"warn" if is_prod else "debug"}
  ENVIRONMENT: {env}
ingress:
  host: {service(number)[0]}.{env}.example.com
autoscaling:
  min: {3 if is_prod else 2}
  max: {12 if is_prod else 4 + number % 5}
"""


def write(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def packed(name, files):
    """The archive that `helm dependency build` leaves in charts/, without anything of this machine or day."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{name}/{path}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


def project(environments, countries):
    if not countries:
        return "charts: [charts/*]\nnamespace: payments\n"
    text = """charts: [charts/*]
namespace: payments
layers:
  - environments/company.yaml
  - {file: "environments/countries/{country}.yaml", optional: true}
  - {file: "environments/clusters/{cluster}.yaml", optional: true}
environments:
"""
    for env in environments:
        text += f"  {env}:\n    clusters:\n"
        for number, country in enumerate(countries):
            cloud, version = CLOUDS[number % len(CLOUDS)]
            text += f'      {env}-{country}: {{country: {country}, cloud: {cloud}, kubeVersion: "{version}"}}\n'
    return text


def layers(environments, countries):
    files = {"company.yaml": "image:\n  registry: registry.payments.example.com\n"}
    for number, country in enumerate(countries):
        currency = 100 + number
        files[f"countries/{country}.yaml"] = f"country: {country}\nenv:\n  COUNTRY: {country}\n  CURRENCY: \"{currency}\"\n"
        for env in environments:
            files[f"clusters/{env}-{country}.yaml"] = f"env:\n  CLUSTER: {env}-{country}\n"
    return files


def generate(folder, charts=130, environments=("dev", "staging", "prod"), countries=()):
    """Writes a fleet into a folder; returns the names of its charts."""
    names = [service(number)[0] for number in range(charts)]
    library = packed("platform", LIBRARY)
    write(folder, {"plimsoll.yaml": project(environments, countries)})
    if countries:
        write(os.path.join(folder, "environments"), layers(environments, countries))
    for number, name in enumerate(names):
        files = {
            "Chart.yaml": f"""apiVersion: v2
name: {name}
description: Service {number} of the fleet
type: application
version: 0.{number % 20}.0
appVersion: 1.{number % 40}.0
icon: https://charts.example.com/service.svg
dependencies:
  - name: platform
    version: 3.2.1
    repository: https://charts.example.com
""",
            "values.yaml": values(number, names),
        }
        files |= {f"values-{env}.yaml": environment(env, number) for env in environments}
        files |= {
            f"templates/{file}.yaml": f'{{{{- include "platform.{define}" . }}}}\n' for file, define in TEMPLATES.items()
        }
        chart = os.path.join(folder, "charts", name)
        write(chart, files)
        os.makedirs(os.path.join(chart, "charts"), exist_ok=True)
        with open(os.path.join(chart, "charts", "platform-3.2.1.tgz"), "wb") as file:
            file.write(library)
    return names


def releases(names, environments, countries):
    """(chart, place, words for Helm besides the values files, values files) of every release, as generate() means them."""
    for name in names:
        for env in environments:
            own = f"charts/{name}/values-{env}.yaml"
            if not countries:
                yield name, env, [], [own]
            for number, country in enumerate(countries):
                layers = ["company.yaml", f"countries/{country}.yaml", f"clusters/{env}-{country}.yaml"]
                words = ["--kube-version", CLOUDS[number % len(CLOUDS)][1]]
                yield name, f"{env}/{env}-{country}", words, [own] + [f"environments/{layer}" for layer in layers]


def by_helm(helm, folder, release):
    name, place, words, files = release
    command = [helm, "template", name, f"charts/{name}", "--namespace", "payments", *words]
    for file in files:
        command += ["--values", file]
    answer = subprocess.run(command, cwd=folder, capture_output=True)
    if answer.returncode:
        sys.exit(f"{name} in {place}: {answer.stderr.decode()}")
    return f"{name} in {place}", answer.stdout


def check(folder, helm, plimsoll, cells):
    """Compares every release; ends the program where one differs."""
    begin = time.monotonic()
    version = ["--helm-version", "3"] if b"v3." in subprocess.run([helm, "version"], capture_output=True).stdout else []
    answer = subprocess.run([plimsoll, "render", "--all", *version], cwd=folder, capture_output=True)
    if answer.returncode:
        sys.exit(answer.stderr.decode())
    ours_seconds = time.monotonic() - begin
    parts = re.split(rb"(?m)^# Release: (.*)\n", answer.stdout)[1:]
    ours = {title.decode(): text for title, text in zip(parts[::2], parts[1::2])}
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = dict(pool.map(lambda cell: by_helm(helm, folder, cell), cells))
    differing = sorted(title for title in ours.keys() | theirs.keys() if ours.get(title) != theirs.get(title))
    if differing:
        sys.exit("\n".join([f"{len(differing)} releases differ from Helm's:"] + differing[:20]))
    size, seconds = sum(map(len, theirs.values())), time.monotonic() - begin
    print(f"{len(theirs)} releases, {size} bytes, the same as Helm's; {ours_seconds:.2f} s and {seconds:.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--charts", type=int, default=130)
    parser.add_argument("--environments", default="dev,staging,prod")
    parser.add_argument("--countries", default="")
    parser.add_argument("--check", metavar="HELM", help="compare with this Helm")
    parser.add_argument("--plimsoll", default="plimsoll")
    args = parser.parse_args()
    split = lambda text: [part for part in text.split(",") if part]
    environments, countries = split(args.environments), split(args.countries)
    names = generate(args.folder, args.charts, environments, countries)
    if args.check:
        check(args.folder, args.check, args.plimsoll, list(releases(names, environments, countries)))


if __name__ == "__main__":
    main()
