{{/*
A StatefulSet with its volumes, `persistence` by name: size, storageClass, mountPath. The scope is that of the other
templates; the volumes stay when the set is deleted or scaled down.
*/}}
{{- define "common.statefulSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (include "common.workloadAnnotations" . | fromJson)) .) | nindent 2 }}
spec:
  replicas: {{ .values.replicas | default 3 }}
  serviceName: {{ include "common.fullname" . }}-headless
  podManagementPolicy: {{ .values.podManagementPolicy | default "OrderedReady" }}
  revisionHistoryLimit: 5
  minReadySeconds: {{ .values.minReadySeconds | default 5 }}
  updateStrategy:
    type: RollingUpdate
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Retain
    whenScaled: Retain
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    {{- include "common.podTemplate" . | nindent 4 }}
  {{- with .values.persistence }}
  volumeClaimTemplates:
    {{- range $name, $volume := . }}
    - metadata:
        name: {{ $name }}
        labels:
          {{- include "common.selectorLabels" $ | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $volume.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ $volume.size }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* A name for each Pod of a StatefulSet, also while it is not ready yet: members have to find each other to get there. */}}
{{- define "common.headlessService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (merge (dict "name" (printf "%s-headless" (include "common.fullname" .))) .) | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $name, $port := .values.ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
{{- end -}}
