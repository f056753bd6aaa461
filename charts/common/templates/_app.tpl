{{/*
All objects of a service: what its values ask for, each in a document of its own. Charts whose Pods have more than one
container give the scope `containersFrom`, see common.podTemplate.
*/}}
{{- define "common.app" -}}
{{- if not (.values.serviceAccount).name }}
---
{{ include "common.serviceAccount" . }}
{{- end }}
{{- if .values.config }}
---
{{ include "common.configMap" . }}
{{- end }}
{{- include "common.externalSecrets" . }}
---
{{- if (.values.rollout).enabled }}
{{ include "common.rollout" . }}
---
{{- if (.values.rollout.analysis).enabled }}
{{ include "common.analysisTemplate" . }}
---
{{- end }}
{{ include "common.service" (merge (dict "name" (printf "%s-canary" (include "common.fullname" .))) .) }}
{{- else }}
{{ include "common.deployment" . }}
{{- end }}
---
{{ include "common.pdb" . }}
{{- if (.values.autoscaling).enabled }}
---
{{ include "common.hpa" . }}
{{- end }}
{{- if (.values.keda).enabled }}
---
{{ include "common.scaledObject" . }}
{{- include "common.triggerAuthentications" . }}
{{- end }}
{{- if (.values.service).ports }}
---
{{ include "common.service" . }}
{{- end }}
{{- if (.values.ingress).enabled }}
---
{{ include "common.ingress" . }}
{{- end }}
---
{{ include "common.networkPolicy" . }}
{{- if (.values.metrics).enabled }}
---
{{ include "common.serviceMonitor" . }}
{{- end }}
{{- if (.values.canary).enabled }}
{{- include "common.canary" . }}
{{- end }}
{{- end -}}

{{/*
A second, smaller workload with a share of the Ingress: `canary.values` are laid over the service's own. It has its own
component, so that neither Service nor budget mistakes its Pods for those of the stable one.
*/}}
{{- define "common.canary" -}}
{{- $values := mustMergeOverwrite (deepCopy .values) (.values.canary.values | default dict) -}}
{{- $_ := set $values "autoscaling" (dict "enabled" false) -}}
{{- $_ := set $values "serviceAccount" (dict "name" (include "common.serviceAccountName" .)) -}}
{{- $canary := dict "root" .root "values" $values "component" (printf "%s-canary" (.component | default "") | trimPrefix "-") "configOf" (include "common.fullname" .) "containersFrom" .containersFrom "initContainersFrom" .initContainersFrom }}
---
{{ include "common.deployment" $canary }}
---
{{ include "common.pdb" $canary }}
---
{{ include "common.service" $canary }}
---
{{ include "common.canaryIngress" . }}
---
{{ include "common.networkPolicy" $canary }}
{{- end -}}
