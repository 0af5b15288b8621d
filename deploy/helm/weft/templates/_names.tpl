{{- define "weft.name" -}}
{{- if contains "weft" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-weft" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "weft.selector" -}}
app.kubernetes.io/name: weft
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "weft.labels" -}}
{{ include "weft.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "weft.publicUrl" -}}
{{- if .Values.publicUrl }}{{ .Values.publicUrl }}{{ else if .Values.ingress.enabled }}https://{{ .Values.ingress.host }}{{ end }}
{{- end }}

{{/* The file of all keys that this chart knows. What lacks is told before anything is made. */}}
{{- define "weft.toml" -}}
{{- if and (gt (int .Values.replicas) 1) (not (and .Values.catalog.url .Values.warehouse .Values.keys.secret)) }}
{{- fail "several replicas need one catalog, one store and the same keys: set catalog.url, warehouse and keys.secret" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.enabled needs ingress.host" }}{{ end -}}
mesh = {{ required "mesh is needed: the URL of the git repository with products/ and governance/" .Values.mesh | toJson }}
home = "/var/lib/weft"
http = "0.0.0.0:8080"
flight = "0.0.0.0:8815"
drain_seconds = {{ sub (int .Values.terminationGracePeriodSeconds) 10 }}
{{- with .Values.memoryMax }}
memory_max = {{ toJson . }}
{{- end }}
{{- with .Values.warehouse }}
warehouse = {{ toJson . }}
{{- end }}
{{- with .Values.environment }}
environment = {{ toJson . }}
{{- end }}
{{- with include "weft.publicUrl" . }}
public_url = {{ toJson . }}
{{- end }}
{{- with .Values.basePath }}
base_path = {{ toJson . }}
{{- end }}
{{- with .Values.catalog.url }}
catalog = {{ toJson . }}
{{- end }}
{{- if .Values.catalog.passwordSecret.name }}
catalog_password = "/etc/weft/catalog/password"
{{- end }}

[tls]
certificate = "/etc/weft/tls/tls.crt"
key = "/etc/weft/tls/tls.key"
{{- if .Values.tls.clientCaSecret }}
client_ca = "/etc/weft/clients/ca.crt"
{{- end }}
{{- with .Values.extraConfig }}

{{ trim . }}
{{- end }}
{{- end }}

{{/* Where clients must show a certificate, the kubelet has none: then it is asked only whether the port is open. */}}
{{- define "weft.probe" -}}
{{- if .root.Values.tls.clientCaSecret }}
tcpSocket: {port: http}
{{- else }}
httpGet: {path: {{ printf "%s%s" .root.Values.basePath .path }}, port: http, scheme: HTTPS}
{{- end }}
{{- end }}
