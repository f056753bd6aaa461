{{/* The scope of the library chart's templates: see charts/common/README.md. */}}
{{- define "ledger.name" -}}
{{ include "common.fullname" (dict "root" .) }}
{{- end -}}

{{- define "ledger.selectorLabels" -}}
{{ include "common.selectorLabels" (dict "root" .) }}
{{- end -}}

{{- define "ledger.labels" -}}
{{ include "common.labels" (dict "root" . "values" .Values) }}
{{- end -}}

{{- define "ledger.image" -}}
{{- with .Values.image -}}
{{ .registry }}/{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}
