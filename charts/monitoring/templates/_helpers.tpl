{{/* `metadata` with the labels that Prometheus looks for. Keys: root, component; kind of labels as `more`. */}}
{{- define "monitoring.metadata" -}}
{{- $more := .more | default .root.Values.prometheus -}}
{{- $lines := list "labels:" -}}
{{- range $key, $value := $more }}{{ $lines = append $lines (printf "  %s: %s" $key ($value | quote)) }}{{ end -}}
{{- include "common.metadata" (merge (dict "values" .root.Values) (omit . "more")) | replace "labels:" (join "\n" $lines) -}}
{{- end -}}

{{/* What the alerts of an environment that wakes nobody have in place of `page`. */}}
{{- define "monitoring.severity" -}}
{{- .Values.paging | ternary "page" "ticket" -}}
{{- end -}}

{{/* The name of a recorded ratio: slo:requests_bad:ratio_rate5m. Arguments: what, window. */}}
{{- define "monitoring.record" -}}
slo:{{ .what }}:ratio_rate{{ .window }}
{{- end -}}

{{/* The share of requests that were bad, or too slow. Keys: root, slo, what, window. */}}
{{- define "monitoring.ratio" -}}
{{- $requests := .root.Values.requests -}}
{{- if eq .what "bad" -}}
sum(rate({{ $requests.total }}{ {{- .slo.selector }},{{ $requests.bad -}} }[{{ .window }}])) / sum(rate({{ $requests.total }}{ {{- .slo.selector -}} }[{{ .window }}]))
{{- else -}}
1 - sum(rate({{ $requests.buckets }}{ {{- .slo.selector }},le="{{ .slo.latency.seconds }}"}[{{ .window }}])) / sum(rate({{ $requests.buckets }}{ {{- .slo.selector }},le="+Inf"}[{{ .window }}]))
{{- end -}}
{{- end -}}
