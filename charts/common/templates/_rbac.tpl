{{/*
A Role for the workload's account, `rules` as Kubernetes writes them, and its binding. Further keys of the scope:
`roleAnnotations`, on the binding, for waivers.
*/}}
{{- define "common.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "common.metadata" . | nindent 2 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (.roleAnnotations | default dict)) .) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "common.fullname" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "common.serviceAccountName" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
