{{/* The realms, by file name, their templates resolved. */}}
{{- define "identity.realms" -}}
{{- range $path, $_ := .Files.Glob "files/realms/*.yaml" }}
{{ base $path }}: |
  {{- tpl ($.Files.Get $path) $ | trim | nindent 2 }}
{{- end }}
{{- end -}}
