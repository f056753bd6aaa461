{{/*
All templates of this chart take one argument, a scope:

  root       the chart's own context, `.` or `$`
  values     the values of the workload: `.Values`, or a part of them where a chart has several workloads
  component  the workload's name within the release; absent where there is just one

  {{ include "common.app" (dict "root" . "values" .Values) }}
  {{ include "common.app" (dict "root" . "values" .Values.worker "component" "worker") }}
*/}}

{{/* The name of the workload's objects: the release, the chart unless the release is called like it, the component. */}}
{{- define "common.fullname" -}}
{{- $root := .root -}}
{{- $name := $root.Release.Name -}}
{{- if not (contains $root.Chart.Name $name) -}}
{{- $name = printf "%s-%s" $name $root.Chart.Name -}}
{{- end -}}
{{- with .component -}}
{{- $name = printf "%s-%s" $name . -}}
{{- end -}}
{{- $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Whose ConfigMap and secrets the Pods use: their own, or those of the workload that the scope's `configOf` names. */}}
{{- define "common.configName" -}}
{{- .configOf | default (include "common.fullname" .) -}}
{{- end -}}

{{/* What tells the workload's Pods from all others. It must not change for as long as the workload lives. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component | default "server" }}
{{- end -}}

{{/* Who owns the workload, what data it holds, who pays for it: the chart's `ownership`, then the workload's own. */}}
{{- define "common.ownerLabels" -}}
{{- $own := .values.ownership | default dict -}}
{{- $chart := .root.Values.ownership | default dict -}}
owner: {{ $own.owner | default $chart.owner | required "ownership.owner: who answers for this workload" }}
team: {{ $own.team | default $chart.team | required "ownership.team: the team that runs this workload" }}
data-classification: {{ $own.dataClassification | default $chart.dataClassification | required "ownership.dataClassification: pci, confidential, internal or public" }}
cost-centre: {{ $own.costCentre | default $chart.costCentre | required "ownership.costCentre: who pays" | quote }}
{{- if (hasKey $own "paymentPath" | ternary $own.paymentPath $chart.paymentPath) }}
plimsoll.dev/payment-path: "true"
{{- end }}
{{- end -}}

{{- define "common.labels" -}}
{{- $global := .root.Values.global | default dict -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/version: {{ (.values.image).tag | default .root.Chart.AppVersion | default .root.Chart.Version | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: {{ .root.Release.Name }}
{{ include "common.ownerLabels" . }}
{{- with $global.country }}
country: {{ . | quote }}
{{- end }}
{{- with $global.environment }}
environment: {{ . }}
{{- end }}
{{- end -}}

{{/* `metadata` of an object of the workload. Further keys of the scope: `name`, `annotations`. */}}
{{- define "common.metadata" -}}
name: {{ .name | default (include "common.fullname" .) }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- range $key, $value := . }}
  {{ $key }}: {{ $value | toString | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* True where the cluster stands by for another one: it runs the same, smaller, and nothing that moves money. */}}
{{- define "common.standby" -}}
{{- if ((.root.Values.global).standby).enabled -}}true{{- end -}}
{{- end -}}

{{/* The domain of this country and environment: np.example.com in production, staging.np.example.com elsewhere. */}}
{{- define "common.domain" -}}
{{- $global := .Values.global | default dict -}}
{{- $environment := $global.environment | default "prod" -}}
{{- if ne $environment "prod" -}}{{ $environment }}.{{- end -}}
{{- with $global.country -}}{{ . }}.{{- end -}}
{{- $global.domain | default "example.com" -}}
{{- end -}}

{{/* Where the secrets of this country and environment are in the store: payments/np/prod. */}}
{{- define "common.secretRoot" -}}
{{- $global := .Values.global | default dict -}}
payments/{{ $global.country | default "sg" }}/{{ $global.environment | default "prod" }}
{{- end -}}
