{{- define "origins.image" -}}
{{- printf "%s:%s" .image.repository (.image.tag | default "latest") -}}
{{- end -}}
{{- define "origins.labels" -}}
app: origins
{{ toYaml .Values.labels }}
{{- end -}}
{{- define "origins.outer" -}}
{{- include "origins.labels" . | replace "gold" "silver" -}}
{{- end -}}
