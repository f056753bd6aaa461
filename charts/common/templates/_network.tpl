{{- define "common.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (merge (dict "annotations" ((.values.service).annotations | default dict)) .) | nindent 2 }}
spec:
  {{- if (.values.service).headless }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $name, $port := .values.service.ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
{{- end -}}

{{- define "common.ingressHost" -}}
{{- tpl (.values.ingress.host | required "ingress.host: the name that clients use") .root -}}
{{- end -}}

{{/*
`spec` of an Ingress. `ingress.paths` says which port gets a path and all below it; `=/path` is that path alone. The scope's `backend` is the Service that gets the requests.
*/}}
{{- define "common.ingressSpec" -}}
{{- $host := include "common.ingressHost" . -}}
{{- $backend := .backend | default (include "common.fullname" .) -}}
ingressClassName: {{ .values.ingress.className | default "nginx" }}
tls:
  - hosts: [{{ $host }}]
    secretName: {{ tpl (.values.ingress.tlsSecret | default (printf "%s-tls" (include "common.fullname" .))) .root }}
rules:
  - host: {{ $host }}
    http:
      paths:
        {{- range $path, $port := .values.ingress.paths | default (dict "/" "http") }}
        - path: {{ trimPrefix "=" $path }}
          pathType: {{ hasPrefix "=" $path | ternary "Exact" "Prefix" }}
          backend:
            service:
              name: {{ $backend }}
              port:
                name: {{ $port }}
        {{- end }}
{{- end -}}

{{- define "common.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "common.metadata" (merge (dict "annotations" (.values.ingress.annotations | default dict)) .) | nindent 2 }}
spec:
  {{- include "common.ingressSpec" . | nindent 2 }}
{{- end -}}

{{/* The same host and paths once more: ingress-nginx sends `canary.weight` percent of the requests here. */}}
{{- define "common.canaryIngress" -}}
{{- $canary := dict "nginx.ingress.kubernetes.io/canary" "true" "nginx.ingress.kubernetes.io/canary-weight" .values.canary.weight -}}
{{- with .values.canary.header -}}
{{- $_ := set $canary "nginx.ingress.kubernetes.io/canary-by-header" . -}}
{{- end -}}
{{- $name := printf "%s-canary" (include "common.fullname" .) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "common.metadata" (merge (dict "name" $name "annotations" (merge $canary (.values.ingress.annotations | default dict))) .) | nindent 2 }}
spec:
  {{- include "common.ingressSpec" (merge (dict "backend" $name) .) | nindent 2 }}
{{- end -}}

{{/* One end of a connection: a namespace and labels of its Pods, or a range of addresses. */}}
{{- define "common.networkPeer" -}}
{{- if .cidr -}}
- ipBlock:
    cidr: {{ .cidr }}
{{- else -}}
- podSelector:
    {{- with .labels }}
    matchLabels:
      {{- toYaml . | nindent 6 }}
    {{- else }} {}
    {{- end }}
  {{- with .namespace }}
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "common.networkPorts" -}}
ports:
  {{- range . }}
  - port: {{ . }}
  {{- end }}
{{- end -}}

{{/*
Who may call the workload and whom it may call, by name: `networkPolicy.from` and `networkPolicy.to`. Names are resolved
by the cluster's DNS; everything else is shut.
*/}}
{{- define "common.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with (.values.networkPolicy).from }}
  ingress:
    {{- range $name, $peer := . }}
    {{- if $peer }}
    - from:
        {{- include "common.networkPeer" $peer | nindent 8 }}
      {{- include "common.networkPorts" $peer.ports | nindent 6 }}
    {{- end }}
    {{- end }}
  {{- end }}
  egress:
    - to:
        {{- include "common.networkPeer" (dict "namespace" "kube-system" "labels" (dict "k8s-app" "kube-dns")) | nindent 8 }}
      ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    {{- range $name, $peer := (.values.networkPolicy).to }}
    {{- if $peer }}
    - to:
        {{- include "common.networkPeer" $peer | nindent 8 }}
      {{- include "common.networkPorts" $peer.ports | nindent 6 }}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* Nobody reaches anybody in the namespace, and nobody gets out, but by policies that say so. */}}
{{- define "common.defaultDeny" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" (merge (dict "name" (printf "%s-default-deny" (include "common.fullname" (dict "root" .root)))) .) | nindent 2 }}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
{{- end -}}
