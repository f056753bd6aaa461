{{/* How many replicas, where no autoscaler decides: as many as `global.standby.replicas` in a cluster that stands by. */}}
{{- define "common.replicas" -}}
{{- if include "common.standby" . -}}
{{- min (.values.replicas | default 2) (((.root.Values.global).standby).replicas | default 2) -}}
{{- else -}}
{{- .values.replicas | default 2 -}}
{{- end -}}
{{- end -}}

{{- define "common.scaled" -}}
{{- if or (.values.autoscaling).enabled (.values.keda).enabled -}}true{{- end -}}
{{- end -}}

{{- define "common.workloadAnnotations" -}}
{{- $all := .values.annotations | default dict | deepCopy -}}
{{- if .values.reloader -}}
{{- $_ := set $all "reloader.stakater.com/auto" "true" -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* What a Deployment and a Rollout have in common. */}}
{{- define "common.workloadSpec" -}}
{{- if not (include "common.scaled" .) }}
replicas: {{ include "common.replicas" . }}
{{- end }}
revisionHistoryLimit: 5
minReadySeconds: {{ .values.minReadySeconds | default 5 }}
selector:
  matchLabels:
    {{- include "common.selectorLabels" . | nindent 4 }}
{{- end -}}

{{- define "common.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (include "common.workloadAnnotations" . | fromJson)) .) | nindent 2 }}
spec:
  {{- include "common.workloadSpec" . | trim | nindent 2 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ (.values.strategy).maxSurge | default "25%" }}
      maxUnavailable: 0
  template:
    {{- include "common.podTemplate" . | nindent 4 }}
{{- end -}}

{{/*
An Argo Rollout in the Deployment's place: the canary gets its share of the Ingress, step by step, `rollout.steps` as
Argo writes them; a step `analysis` without templates is the one of common.analysisTemplate.
*/}}
{{- define "common.rollout" -}}
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (include "common.workloadAnnotations" . | fromJson)) .) | nindent 2 }}
spec:
  {{- include "common.workloadSpec" . | trim | nindent 2 }}
  strategy:
    canary:
      maxSurge: {{ (.values.strategy).maxSurge | default "25%" | quote }}
      maxUnavailable: 0
      stableService: {{ include "common.fullname" . }}
      canaryService: {{ include "common.fullname" . }}-canary
      {{- if (.values.ingress).enabled }}
      trafficRouting:
        nginx:
          stableIngress: {{ include "common.fullname" . }}
      {{- end }}
      steps:
        {{- $own := dict "templates" (list (dict "templateName" (include "common.fullname" .))) }}
        {{- range .values.rollout.steps }}
        {{- $step := . }}
        {{- if hasKey . "analysis" }}
        {{- $step = dict "analysis" (merge (dict) (.analysis | default dict) $own) }}
        {{- end }}
        {{- list $step | toYaml | nindent 8 }}
        {{- end }}
  template:
    {{- include "common.podTemplate" . | nindent 4 }}
{{- end -}}

{{/*
What a canary has to show: of its own requests, and no others', at most `errorPercent` may fail. Where nobody calls it,
there is nothing to hold against it.
*/}}
{{- define "common.analysisTemplate" -}}
{{- $analysis := .values.rollout.analysis -}}
{{- $canary := printf "namespace=%q,service=%q" .root.Release.Namespace (printf "%s-canary" (include "common.fullname" .)) -}}
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  metrics:
    - name: errors
      interval: {{ $analysis.interval | default "1m" }}
      count: {{ $analysis.count | default 5 }}
      failureLimit: {{ $analysis.failureLimit | default 1 }}
      successCondition: len(result) == 0 || isNaN(result[0]) || result[0] * 100 <= {{ $analysis.errorPercent | default 1 }}
      provider:
        prometheus:
          address: {{ required "rollout.analysis.prometheus: where Prometheus answers" $analysis.prometheus }}
          query: |
            sum(rate(http_requests_total{ {{- $canary }},code=~"5.."}[5m]))
              / sum(rate(http_requests_total{ {{- $canary }}}[5m]))
{{- end -}}

{{/* What an autoscaler scales. */}}
{{- define "common.scaleTarget" -}}
{{- if (.values.rollout).enabled -}}
apiVersion: argoproj.io/v1alpha1
kind: Rollout
{{- else -}}
apiVersion: apps/v1
kind: Deployment
{{- end }}
name: {{ include "common.fullname" . }}
{{- end -}}

{{- define "common.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ (.values.disruptionBudget).maxUnavailable | default 1 }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/* Up at once, down slowly. A cluster that stands by keeps few replicas and the same room to grow. */}}
{{- define "common.hpa" -}}
{{- $auto := .values.autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    {{- include "common.scaleTarget" . | nindent 4 }}
  {{- if include "common.standby" . }}
  minReplicas: {{ min $auto.minReplicas (((.root.Values.global).standby).replicas | default 2) }}
  {{- else }}
  minReplicas: {{ $auto.minReplicas }}
  {{- end }}
  maxReplicas: {{ $auto.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $auto.cpuPercent | default 70 }}
    {{- with $auto.memoryPercent }}
    - type: Resource
      resource:
        name: memory
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- with $auto.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - type: Percent
          value: 100
          periodSeconds: 30
    scaleDown:
      stabilizationWindowSeconds: {{ $auto.scaleDownSeconds | default 300 }}
      policies:
        - type: Percent
          value: 10
          periodSeconds: 60
{{- end -}}

{{/*
A KEDA ScaledObject; `keda.triggers` is a map, so that a layer can change one of them. Texts in their metadata are
templates. Where the cluster stands by, the workload is paused with `keda.standbyReplicas`, by default none: its events
are another cluster's.
*/}}
{{- define "common.scaledObject" -}}
{{- $keda := .values.keda -}}
{{- $annotations := dict -}}
{{- if include "common.standby" . -}}
{{- $annotations = dict "autoscaling.keda.sh/paused-replicas" ($keda.standbyReplicas | default 0) -}}
{{- end -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "common.metadata" (merge (dict "annotations" $annotations) .) | nindent 2 }}
spec:
  scaleTargetRef:
    {{- include "common.scaleTarget" . | nindent 4 }}
  pollingInterval: {{ $keda.pollingSeconds | default 15 }}
  cooldownPeriod: {{ $keda.cooldownSeconds | default 300 }}
  minReplicaCount: {{ $keda.minReplicas }}
  maxReplicaCount: {{ $keda.maxReplicas }}
  fallback:
    failureThreshold: 3
    replicas: {{ $keda.fallbackReplicas | default $keda.minReplicas }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: {{ $keda.scaleDownSeconds | default 300 }}
  triggers:
    {{- range $name, $trigger := $keda.triggers }}
    {{- if $trigger }}
    - type: {{ $trigger.type }}
      name: {{ $name }}
      {{- with $trigger.metricType }}
      metricType: {{ . }}
      {{- end }}
      metadata:
        {{- range $key, $value := $trigger.metadata }}
        {{ $key }}: {{ tpl (toString $value) $.root | quote }}
        {{- end }}
      {{- if $trigger.authentication }}
      authenticationRef:
        name: {{ include "common.fullname" $ }}-{{ $trigger.authentication }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* One TriggerAuthentication for each entry of `keda.authentications`: parameter: {secret, key}. */}}
{{- define "common.triggerAuthentications" -}}
{{- range $name, $parameters := (.values.keda).authentications }}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  {{- include "common.metadata" (merge (dict "name" (printf "%s-%s" (include "common.fullname" $) $name)) $) | nindent 2 }}
spec:
  secretTargetRef:
    {{- range $parameter, $from := $parameters }}
    - parameter: {{ $parameter }}
      name: {{ include "common.fullname" $ }}-{{ $from.secret }}
      key: {{ $from.key }}
    {{- end }}
{{- end }}
{{- end -}}
