{{/* `spec` of an application: what all have in common, over it what this one says. Keys: root, app. */}}
{{- define "analytics.spec" -}}
{{- $app := mergeOverwrite (deepCopy .root.Values.spark) (omit (deepCopy .app) "schedule" "timeZone" "suspend") -}}
type: {{ $app.type }}
mode: {{ $app.mode }}
sparkVersion: {{ .root.Chart.AppVersion | quote }}
image: {{ include "common.image" (dict "root" .root "values" .root.Values) }}
imagePullPolicy: IfNotPresent
{{- with $app.mainClass }}
mainClass: {{ . }}
{{- end }}
mainApplicationFile: {{ tpl $app.mainApplicationFile .root }}
{{- with $app.arguments }}
arguments:
  {{- range . }}
  - {{ tpl . $.root | quote }}
  {{- end }}
{{- end }}
sparkConf:
  {{- range $key, $value := $app.sparkConf }}
  {{ $key }}: {{ tpl (toString $value) $.root | quote }}
  {{- end }}
driver:
  serviceAccount: {{ include "common.serviceAccountName" (dict "root" .root "values" .root.Values) }}
  {{- include "analytics.pod" (dict "root" .root "component" "driver" "pod" $app.driver) | nindent 2 }}
executor:
  {{- include "analytics.pod" (dict "root" .root "component" "executor" "pod" $app.executor) | nindent 2 }}
  deleteOnTermination: true
{{- with $app.dynamicAllocation }}
dynamicAllocation:
  {{- toYaml . | nindent 2 }}
{{- end }}
restartPolicy:
  {{- toYaml $app.restartPolicy | nindent 2 }}
timeToLiveSeconds: {{ $app.timeToLiveSeconds | int }}
{{- if .root.Values.metrics.enabled }}
monitoring:
  exposeDriverMetrics: true
  exposeExecutorMetrics: true
  prometheus:
    jmxExporterJar: /opt/prometheus/jmx_exporter.jar
    port: 8090
    portName: metrics
{{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 2Gi
{{- end -}}

{{/* What drivers and executors have in common. Keys: root, component, pod. */}}
{{- define "analytics.pod" -}}
{{- $scope := dict "root" .root "values" .root.Values "component" .component -}}
{{- toYaml .pod }}
labels:
  {{- include "common.labels" $scope | nindent 2 }}
podSecurityContext:
  {{- include "common.podSecurityContext" $scope | nindent 2 }}
securityContext:
  {{- include "common.containerSecurityContext" $scope | nindent 2 }}
envFrom:
  {{- include "common.envFrom" (merge (dict "configOf" (include "common.fullname" (omit $scope "component"))) $scope) | trim | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end -}}
