{{/*
Annotations of Pods that get their secrets from Vault's agent, as files below /vault/secrets: `vault.role` and
`vault.files`, by file name: path (a template) and either field, one field of the secret, or template, Vault's own. With
`vault.once` the agent leaves when it has written them, as Jobs need it.
*/}}
{{- define "common.vaultAnnotations" -}}
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: {{ tpl .values.vault.role .root | quote }}
{{- with .values.vault.authPath }}
vault.hashicorp.com/auth-path: {{ . | quote }}
{{- end }}
vault.hashicorp.com/agent-pre-populate-only: {{ .values.vault.once | default false | quote }}
vault.hashicorp.com/agent-init-first: "true"
vault.hashicorp.com/agent-requests-cpu: 25m
vault.hashicorp.com/agent-requests-mem: 64Mi
vault.hashicorp.com/agent-limits-cpu: 100m
vault.hashicorp.com/agent-limits-mem: 64Mi
vault.hashicorp.com/agent-run-as-user: {{ .values.runAsUser | default 10001 | quote }}
vault.hashicorp.com/agent-run-as-group: {{ .values.runAsUser | default 10001 | quote }}
{{- range $file, $secret := .values.vault.files }}
{{- if $secret }}
{{- $path := tpl $secret.path $.root }}
vault.hashicorp.com/agent-inject-secret-{{ $file }}: {{ $path | quote }}
vault.hashicorp.com/agent-inject-perms-{{ $file }}: "0440"
vault.hashicorp.com/agent-inject-template-{{ $file }}: |
  {{- if $secret.template }}
  {{- $secret.template | trim | nindent 2 }}
  {{- else }}
  {{ printf "{{- with secret %q -}}{{ .Data.data.%s }}{{- end -}}" $path $secret.field }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
