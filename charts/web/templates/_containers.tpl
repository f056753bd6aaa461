{{/*
The two containers of a Pod. They share the application's files (copied from PHP's image when the Pod starts, so that
both always have the same version of them) and the socket between them.
*/}}
{{- define "web.containers" -}}
{{ include "common.container" (dict "root" .root "values" .values.nginx "container" "nginx") }}
{{- $php := merge (dict "config" .values.config "secrets" .values.secrets) .values.php }}
{{ include "common.container" (dict "root" .root "values" $php "container" "php" "configOf" (include "common.configName" .)) }}
{{- end -}}

{{- define "web.initContainers" -}}
- name: files
  image: {{ include "common.image" (dict "root" .root "values" .values.php) }}
  command: [cp, -a, /srv/release/., /srv/app/]
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 64Mi}
  securityContext:
    {{- include "common.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    - name: app
      mountPath: /srv/app
{{- end -}}
