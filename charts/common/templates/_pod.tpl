{{/* An image by tag and digest. The scope's `image` is used where it has one, else that of the values. */}}
{{- define "common.image" -}}
{{- $image := .image | default .values.image -}}
{{- $global := (.root.Values.global).image | default dict -}}
{{ $image.registry | default $global.registry | default "registry.example.com" }}/{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* The Pod Security Standard `restricted`, and a group that can write the volumes. */}}
{{- define "common.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .values.runAsUser | default 10001 }}
runAsGroup: {{ .values.runAsUser | default 10001 }}
fsGroup: {{ .values.runAsUser | default 10001 }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "common.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Spread evenly over zones, and over nodes as far as there are any. */}}
{{- define "common.topologySpread" -}}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: {{ (.values.spread).zones | default "ScheduleAnyway" }}
  labelSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
{{- end -}}

{{- define "common.antiAffinity" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "common.selectorLabels" . | nindent 12 }}
{{- end -}}

{{/* Wait until no balancer sends anything here any more, then stop: with maxUnavailable 0 no request is lost. */}}
{{- define "common.lifecycle" -}}
preStop:
  sleep:
    seconds: {{ (.values.shutdown).preStopSeconds | default 10 }}
{{- end -}}

{{/* Probes as Kubernetes writes them, under `probes.startup`, `probes.readiness` and `probes.liveness`. */}}
{{- define "common.probes" -}}
{{- range $kind := list "startup" "readiness" "liveness" -}}
{{- with index ($.values.probes | default dict) $kind }}
{{ $kind }}Probe:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Variables: texts are templates, objects are taken as they are (`valueFrom`). */}}
{{- define "common.env" -}}
{{- range $name, $value := .values.env }}
- name: {{ $name }}
  {{- if kindIs "map" $value }}
  {{- toYaml $value | nindent 2 }}
  {{- else }}
  value: {{ tpl (toString $value) $.root | quote }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* The ConfigMap and the secrets that say `env: true`, all keys as variables. */}}
{{- define "common.envFrom" -}}
{{- if .values.config }}
- configMapRef:
    name: {{ include "common.configName" . }}
{{- end }}
{{- range $name, $secret := .values.secrets }}
{{- if and $secret $secret.env }}
- secretRef:
    name: {{ include "common.configName" $ }}-{{ $name }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "common.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- range $name, $secret := .values.secrets }}
{{- if and $secret (not $secret.env) }}
- name: secret-{{ $name }}
  mountPath: {{ $secret.mountPath | default (printf "/etc/secrets/%s" $name) }}
  readOnly: true
{{- end }}
{{- end }}
{{- with .values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "common.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .values.tmpSize | default "64Mi" }}
{{- range $name, $secret := .values.secrets }}
{{- if and $secret (not $secret.env) }}
- name: secret-{{ $name }}
  secret:
    secretName: {{ include "common.configName" $ }}-{{ $name }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- with .values.volumes }}
{{ tpl (toYaml .) $.root }}
{{- end }}
{{- end -}}

{{/* One container. The scope's `container` is its name; without it, the component's or the chart's. */}}
{{- define "common.container" -}}
- name: {{ .container | default .component | default .root.Chart.Name }}
  image: {{ include "common.image" . }}
  imagePullPolicy: {{ .values.image.pullPolicy | default "IfNotPresent" }}
  {{- with .values.command }}
  command: {{ toJson . }}
  {{- end }}
  {{- with .values.args }}
  args:
    {{- range . }}
    - {{ tpl . $.root | quote }}
    {{- end }}
  {{- end }}
  {{- with .values.ports }}
  ports:
    {{- range $name, $port := . }}
    - name: {{ $name }}
      containerPort: {{ $port }}
    {{- end }}
  {{- end }}
  {{- with include "common.env" . }}
  env:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- with include "common.envFrom" . }}
  envFrom:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- with include "common.probes" . }}
  {{- . | trim | nindent 2 }}
  {{- end }}
  {{- if or .values.ports (.values.shutdown).preStopSeconds }}
  lifecycle:
    {{- include "common.lifecycle" . | nindent 4 }}
  {{- end }}
  resources:
    {{- .values.resources | required "resources: requests for cpu and memory, a limit for memory" | toYaml | nindent 4 }}
  securityContext:
    {{- include "common.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    {{- include "common.volumeMounts" . | nindent 4 }}
{{- end -}}

{{/* Changes with the configuration, so that Pods are replaced when it does. */}}
{{- define "common.podAnnotations" -}}
{{- with .values.config }}
checksum/config: {{ include "common.configData" $ | sha256sum }}
{{- end }}
{{- if .values.vault }}
{{ include "common.vaultAnnotations" . }}
{{- end }}
{{- range $key, $value := .values.podAnnotations }}
{{ $key }}: {{ tpl (toString $value) $.root | quote }}
{{- end }}
{{- end -}}

{{/*
`template` of whatever makes Pods. Further keys of the scope: `containersFrom`, the name of a template that writes the
containers of a Pod that has several (it gets the scope), or `containers`, their text; the same with `initContainers`;
`restartPolicy`, for Jobs.
*/}}
{{- define "common.podTemplate" -}}
metadata:
  {{- with include "common.podAnnotations" . }}
  annotations:
    {{- . | trim | nindent 4 }}
  {{- end }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
    {{- with .values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "common.serviceAccountName" . }}
  automountServiceAccountToken: {{ (.values.serviceAccount).mountToken | default false }}
  enableServiceLinks: false
  {{- with .values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .restartPolicy }}
  restartPolicy: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ (.values.shutdown).graceSeconds | default 45 }}
  securityContext:
    {{- include "common.podSecurityContext" . | nindent 4 }}
  {{- if not .restartPolicy }}
  topologySpreadConstraints:
    {{- include "common.topologySpread" . | nindent 4 }}
  affinity:
    {{- include "common.antiAffinity" . | nindent 4 }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .initContainersFrom }}
  initContainers:
    {{- include . $ | trim | nindent 4 }}
  {{- else }}
  {{- with .initContainers }}
  initContainers:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- end }}
  containers:
    {{- if .containersFrom }}
    {{- include .containersFrom . | trim | nindent 4 }}
    {{- else }}
    {{- .containers | default (include "common.container" .) | trim | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "common.volumes" . | nindent 4 }}
{{- end -}}
