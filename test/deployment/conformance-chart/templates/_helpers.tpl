{{- define "conformance.name" -}}
{{ .Release.Name }}-{{ .Chart.Name }}
{{- end -}}
{{- define "conformance.lines" }}
first: {{ .Values.text }}
second: {{ .Values.number }}
{{- end }}
{{- /* a comment with }} in it would end it, so it has none */ -}}
{{- define "conformance.dot" -}}<{{ . }}>{{- end -}}
