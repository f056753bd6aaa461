{{/* Fluentd's configuration and the filter that masks. */}}
{{- define "logging.files" -}}
fluent.conf: |
  {{- tpl (.Files.Get "files/fluent.conf") . | trim | nindent 2 }}
{{- end -}}

{{- define "logging.plugins" -}}
{{- range $file := list "filter_mask_pan.rb" "mask.rb" }}
{{ $file }}: |
  {{- $.Files.Get (printf "files/%s" $file) | trim | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The library's Pod with what a DaemonSet on the node's own files needs otherwise: root without capabilities, and neither
spread nor anti-affinity, as there is one on each node.
*/}}
{{- define "logging.podTemplate" -}}
{{- $pod := include "common.podTemplate" . | fromYaml -}}
{{- $_ := unset $pod.spec "topologySpreadConstraints" -}}
{{- $_ := unset $pod.spec "affinity" -}}
{{- $_ := set $pod.spec "securityContext" (dict "runAsUser" (int .values.runAsUser) "runAsGroup" (int .values.runAsUser) "seccompProfile" (dict "type" "RuntimeDefault")) -}}
{{- toYaml $pod -}}
{{- end -}}
