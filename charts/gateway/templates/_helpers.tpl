{{- define "gateway.name" -}}
{{- include "common.fullname" (dict "root" . "values" .Values) -}}
{{- end -}}

{{/* Kong's class: its Ingresses, plugins and consumers say whose they are. */}}
{{- define "gateway.class" -}}
{{- .Values.className | default (include "gateway.name" .) -}}
{{- end -}}

{{- define "gateway.metadata" -}}
{{- include "common.metadata" (merge (dict "values" .root.Values "annotations" (merge (dict "kubernetes.io/ingress.class" (include "gateway.class" .root)) (.annotations | default dict))) (omit . "annotations")) -}}
{{- end -}}

{{/* What the controller is told. */}}
{{- define "gateway.controllerEnv" -}}
CONTROLLER_KONG_ADMIN_URL: https://127.0.0.1:8444
CONTROLLER_KONG_ADMIN_TLS_SKIP_VERIFY: "true"
CONTROLLER_INGRESS_CLASS: {{ include "gateway.class" . }}
CONTROLLER_GATEWAY_API_CONTROLLER_NAME: konghq.com/{{ include "gateway.class" . }}
CONTROLLER_PUBLISH_SERVICE: {{ .Release.Namespace }}/{{ include "gateway.name" . }}
CONTROLLER_WATCH_NAMESPACE: {{ join "," .Values.watch }}
CONTROLLER_ELECTION_ID: {{ include "gateway.name" . }}
CONTROLLER_ANONYMOUS_REPORTS: "false"
POD_NAME: {valueFrom: {fieldRef: {fieldPath: metadata.name}}}
POD_NAMESPACE: {valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
{{- end -}}

{{/* Names of the plugins of a route, as Kong's annotation has them; those of another namespace by way of a copy there. */}}
{{- define "gateway.pluginNames" -}}
{{- $known := list "mtls" -}}
{{- range $name, $_ := .root.Values.rateLimits }}{{ $known = append $known (printf "rate-limit-%s" $name) }}{{ end -}}
{{- range $name, $_ := .root.Values.plugins }}{{ $known = append $known $name }}{{ end -}}
{{- range .plugins }}
{{- if not (has . $known) }}{{ fail (printf "route %s: there is no plugin %q; there are %s" $.route . (join ", " (sortAlpha $known))) }}{{ end }}
{{- end -}}
{{- join "," .plugins -}}
{{- end -}}

{{/* Where ExternalSecrets that the library cannot write come from. */}}
{{- define "gateway.secretStore" -}}
{{- $store := (.Values.global).secretStore | default dict -}}
refreshInterval: 1h
secretStoreRef:
  kind: {{ $store.kind | default "ClusterSecretStore" }}
  name: {{ $store.name | default "vault" }}
{{- end -}}
