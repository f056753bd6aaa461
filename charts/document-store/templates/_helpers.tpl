{{/* mongod.conf: what the chart needs, over it what the values say. */}}
{{- define "document-store.mongod" -}}
{{- $secrets := "/etc/secrets" -}}
{{- $tls := dict "mode" "requireTLS" "certificateKeyFile" (printf "%s/tls/server.pem" $secrets) "CAFile" (printf "%s/tls/ca.pem" $secrets) "allowConnectionsWithoutCertificates" true -}}
{{- $own := dict
  "storage" (dict "dbPath" "/data/db")
  "net" (dict "port" (int .Values.ports.mongodb) "bindIpAll" true "tls" $tls)
  "replication" (dict "replSetName" .Values.replicaSet)
  "security" (dict "authorization" "enabled" "keyFile" "/etc/mongodb/keyfile/keyfile")
-}}
{{- toYaml (mergeOverwrite $own (deepCopy .Values.mongod)) -}}
{{- end -}}

{{/* The members' names, with their ports. */}}
{{- define "document-store.members" -}}
{{- $name := include "common.fullname" (dict "root" . "values" .Values) -}}
{{- $members := list -}}
{{- range $i := until (int .Values.replicas) -}}
{{- $members = append $members (printf "%s-%d.%s-headless.%s.svc:%d" $name $i $name $.Release.Namespace (int $.Values.ports.mongodb)) -}}
{{- end -}}
{{- join "," $members -}}
{{- end -}}

{{/* The text of all scripts and of mongod.conf: what the Pods' checksum is made of. */}}
{{- define "document-store.config" -}}
mongod.conf: |
  {{- include "document-store.mongod" . | nindent 2 }}
{{- range $path, $_ := .Files.Glob "files/*" }}
{{ base $path }}: |
  {{- $.Files.Get $path | trim | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Volumes and mounts of all Jobs: the scripts, and the dumps where they are asked for. */}}
{{- define "document-store.jobVolumes" -}}
- name: config
  configMap:
    name: {{ include "common.fullname" (dict "root" .root "values" .root.Values) }}
    defaultMode: 0555
{{- if .dumps }}
- name: dumps
  persistentVolumeClaim:
    claimName: {{ include "common.fullname" (dict "root" .root "values" .root.Values) }}-dumps
{{- end }}
{{- end -}}

{{- define "document-store.jobMounts" -}}
- {name: config, mountPath: /etc/mongodb/conf, readOnly: true}
{{- if .dumps }}
- {name: dumps, mountPath: /dumps}
{{- end }}
{{- end -}}

{{/*
The values of a Job: the store's own image, account and secrets, over them those of `job`. Keys of the argument: root, job
(a part of the values), command, env, and dumps, whether it needs the volume of the dumps.
*/}}
{{- define "document-store.jobValues" -}}
{{- $name := include "common.fullname" (dict "root" .root "values" .root.Values) -}}
{{- $base := pick .root.Values "image" "runAsUser" "ownership" -}}
{{- $_ := set $base "serviceAccount" (dict "name" $name) -}}
{{- $_ := set $base "secrets" (pick .root.Values.secrets "tls" "admin") -}}
{{- $_ := set $base "command" .command -}}
{{- $_ := set $base "env" (merge (dict "MONGO_HOST" (printf "%s/%s" .root.Values.replicaSet (include "document-store.members" .root))) (.env | default dict)) -}}
{{- $_ := set $base "volumes" (include "document-store.jobVolumes" . | fromYamlArray) -}}
{{- $_ := set $base "volumeMounts" (include "document-store.jobMounts" . | fromYamlArray) -}}
{{- toJson (mergeOverwrite (deepCopy $base) (omit (deepCopy .job) "persistence" "remote" "bucket" "enabled" "archive" "include" "drop")) -}}
{{- end -}}
