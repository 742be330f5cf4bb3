{{- define "trimtab.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "trimtab.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "trimtab.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "trimtab.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "trimtab.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- /* The security context of every container: the image needs nothing of the host, and writes to the store's folder alone. */ -}}
{{- define "trimtab.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "trimtab.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- /* trimtab.yaml */ -}}
{{- define "trimtab.configuration" -}}
controller:
  listen: 0.0.0.0:4600
  interval: {{ .Values.interval }}
  {{- if eq .Values.store.kind "postgres" }}
  store:
    kind: postgres
    urlFile: /run/secrets/trimtab-store/url
    lease: {{ .Values.store.postgres.lease }}
  {{- else }}
  store:
    kind: sqlite
    path: /var/lib/trimtab/trimtab.db
  {{- end }}
  tokens:
    {{- range .Values.tokens.list }}
    - name: {{ .name }}
      roles: {{ toJson .roles }}
      tokenFile: /run/secrets/trimtab-tokens/{{ .key }}
    {{- end }}
  {{- with .Values.controller }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
metrics:
  {{- toYaml .Values.metrics | nindent 2 }}
{{- with .Values.configuration }}
{{ toYaml . }}
{{- end }}
components:
  {{- toYaml .Values.components | nindent 2 }}
{{- end -}}
