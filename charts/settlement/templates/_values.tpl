{{/* The values of one job: what it says itself, laid over `batch`. */}}
{{- define "settlement.values" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.batch) .own | toYaml -}}
{{- end -}}
