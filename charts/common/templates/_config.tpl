{{- define "common.serviceAccountName" -}}
{{- (.values.serviceAccount).name | default (include "common.fullname" .) -}}
{{- end -}}

{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "common.metadata" (merge (dict "name" (include "common.serviceAccountName" .) "annotations" ((.values.serviceAccount).annotations | default dict)) .) | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{/* Texts in `config` are templates. */}}
{{- define "common.configData" -}}
{{- range $key, $value := .values.config }}
{{ $key }}: {{ tpl (toString $value) $.root | quote }}
{{- end }}
{{- end -}}

{{- define "common.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" . | nindent 2 }}
data:
  {{- include "common.configData" . | trim | nindent 2 }}
{{- end -}}

{{/*
One ExternalSecret for each entry of `secrets`; the operator makes a Secret FULLNAME-ENTRY of it. `path` is where the
store has it (a template), `keys` are the Secret's keys with the store's property for each.
*/}}
{{- define "common.externalSecrets" -}}
{{- $store := (.root.Values.global).secretStore | default dict -}}
{{- range $name, $secret := .values.secrets }}
{{- if $secret }}
{{- $full := printf "%s-%s" (include "common.fullname" $) $name }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  {{- include "common.metadata" (merge (dict "name" $full) $) | nindent 2 }}
spec:
  refreshInterval: {{ $secret.refreshInterval | default "1h" }}
  secretStoreRef:
    kind: {{ $store.kind | default "ClusterSecretStore" }}
    name: {{ $store.name | default "vault" }}
  target:
    name: {{ $full }}
    creationPolicy: Owner
  data:
    {{- range $key, $property := $secret.keys }}
    - secretKey: {{ $key }}
      remoteRef:
        key: {{ tpl $secret.path $.root }}
        property: {{ $property }}
    {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "common.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  endpoints:
    - port: {{ .values.metrics.port | default "metrics" }}
      path: {{ .values.metrics.path | default "/metrics" }}
      interval: {{ .values.metrics.interval | default "30s" }}
      scrapeTimeout: {{ .values.metrics.timeout | default "10s" }}
{{- end -}}
