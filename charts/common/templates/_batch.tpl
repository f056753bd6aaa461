{{/* `spec` of a Job: it ends in time, is tried again a few times, and goes away when it is done. */}}
{{- define "common.jobSpec" -}}
{{- $job := .values.job | default dict -}}
activeDeadlineSeconds: {{ $job.activeDeadlineSeconds | required "job.activeDeadlineSeconds: after how long it has failed" }}
backoffLimit: {{ hasKey $job "backoffLimit" | ternary $job.backoffLimit 3 }}
ttlSecondsAfterFinished: {{ $job.ttlSecondsAfterFinished | default 86400 }}
{{- with $job.completions }}
completions: {{ . }}
completionMode: Indexed
{{- end }}
{{- with $job.parallelism }}
parallelism: {{ . }}
{{- end }}
{{- with $job.podFailurePolicy }}
podFailurePolicy:
  {{- toYaml . | nindent 2 }}
{{- end }}
template:
  {{- include "common.podTemplate" (merge (dict "restartPolicy" "Never") .) | nindent 2 }}
{{- end -}}

{{- define "common.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (.values.annotations | default dict)) .) | nindent 2 }}
spec:
  {{- include "common.jobSpec" . | nindent 2 }}
{{- end -}}

{{/*
Never beside itself, never too late, never where another cluster does it, unless `runsInStandby` says that each cluster has
to do it for itself.
*/}}
{{- define "common.cronJob" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (.values.annotations | default dict)) .) | nindent 2 }}
spec:
  schedule: {{ .values.schedule | quote }}
  timeZone: {{ .values.timeZone | default ((.root.Values.global).timeZone) | default "Etc/UTC" }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ .values.startingDeadlineSeconds | default 600 }}
  suspend: {{ or .values.suspend (and (not .values.runsInStandby) (include "common.standby" .)) | default false }}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 5
  jobTemplate:
    metadata:
      labels:
        {{- include "common.labels" . | nindent 8 }}
    spec:
      {{- include "common.jobSpec" . | nindent 6 }}
{{- end -}}

{{/* A scheduled job with all it needs, each in a document of its own. */}}
{{- define "common.scheduled" -}}
{{- if not (.values.serviceAccount).name }}
---
{{ include "common.serviceAccount" . }}
{{- end }}
{{- if .values.config }}
---
{{ include "common.configMap" . }}
{{- end }}
{{- include "common.externalSecrets" . }}
---
{{ include "common.cronJob" . }}
---
{{ include "common.networkPolicy" . }}
{{- end -}}
