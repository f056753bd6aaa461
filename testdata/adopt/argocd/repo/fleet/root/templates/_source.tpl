{{- define "root.source" -}}
repoURL: {{ .repo }}
path: {{ .path }}
{{- end }}
