{{/* One end of a connection, as an item of `from` or `to`. */}}
{{- define "networkpolicies.peer" -}}
{{- if .cidr -}}
- ipBlock:
    cidr: {{ .cidr }}
    {{- with .except }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- else -}}
- namespaceSelector:
    {{- if .namespace }}
    matchLabels:
      kubernetes.io/metadata.name: {{ .namespace }}
    {{- else }} {}
    {{- end }}
  {{- with .labels }}
  podSelector:
    matchLabels:
      {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* The Pods of a namespace that a policy is about. */}}
{{- define "networkpolicies.selector" -}}
{{- if .labels -}}
matchLabels:
  {{- toYaml .labels | nindent 2 }}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{- define "networkpolicies.ports" -}}
ports:
  {{- range . }}
  - port: {{ . }}
    protocol: TCP
  {{- end }}
{{- end -}}

{{- define "networkpolicies.metadata" -}}
{{- include "common.metadata" (merge (dict "values" .root.Values "annotations" (dict "plimsoll.dev/waive-cross.network-policy-target" "the Pods are of other releases" "plimsoll.dev/waive-cross.default-deny" "the namespace's own chart shuts it")) .) }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
{{- end -}}

{{/* Whether a connection leads into PCI scope from outside of it, and nobody approved that. */}}
{{- define "networkpolicies.review" -}}
{{- $known := .root.Values.namespaces -}}
{{- range list .allow.from.namespace .allow.to.namespace -}}
{{- if and . (not (hasKey $known .)) }}{{ fail (printf "allow.%s: the namespace %q is not listed under namespaces" $.name .) }}{{ end -}}
{{- end -}}
{{- range $end := list .allow.from .allow.to -}}
{{- if not (or $end.namespace $end.cidr $end.everyNamespace) }}{{ fail (printf "allow.%s: each end is a namespace, a cidr or everyNamespace: true" $.name) }}{{ end -}}
{{- end -}}
{{- $to := get $known (.allow.to.namespace | default "") | default dict -}}
{{- $from := get $known (.allow.from.namespace | default "") | default dict -}}
{{- if and $to.pci (not $from.pci) (not .allow.approved) -}}
{{- fail (printf "allow.%s leads from outside into %s, which is in PCI scope: name the ticket of the review as allow.%s.approved" .name .allow.to.namespace .name) -}}
{{- end -}}
{{- end -}}
