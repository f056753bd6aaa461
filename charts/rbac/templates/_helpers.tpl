{{- define "rbac.roleName" -}}
{{ include "common.fullname" (dict "root" .root) }}-{{ .role }}
{{- end -}}

{{/* The role that a name in the values stands for; an error names those there are. */}}
{{- define "rbac.known" -}}
{{- if not (hasKey .root.Values.roles .role) -}}
{{- fail (printf "%s: there is no role %q; there are %s" .of .role (keys .root.Values.roles | sortAlpha | join ", ")) -}}
{{- end -}}
{{- include "rbac.roleName" . -}}
{{- end -}}

{{/* A role's rules after those of the roles it includes. Keys: root, role, seen. */}}
{{- define "rbac.rules" -}}
{{- $seen := .seen | default list -}}
{{- if has .role $seen }}{{ fail (printf "roles include each other: %s" (join " → " (append $seen .role))) }}{{ end -}}
{{- $role := get .root.Values.roles .role | required (printf "roles: there is no role %q" .role) -}}
{{- range $role.includes }}
{{ include "rbac.rules" (dict "root" $.root "role" . "seen" (append $seen $.role)) | trim }}
{{- end }}
{{- range $name, $rule := $role.rules }}
{{- if $rule }}
- {{ toYaml $rule | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end -}}

{{/* All namespaces that teams have, sorted, each once. */}}
{{- define "rbac.namespaces" -}}
{{- $all := list -}}
{{- range .Values.teams }}{{ if . }}{{ $all = concat $all .namespaces }}{{ end }}{{ end -}}
{{- range .Values.breakGlass }}{{ if . }}{{ $all = append $all .namespace }}{{ end }}{{ end -}}
{{- $all | uniq | sortAlpha | join " " -}}
{{- end -}}
