{{- define "pierre.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "pierre.labels" -}}
app.kubernetes.io/name: pierre
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "pierre.allLabels" -}}
{{ include "pierre.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "pierre.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "pierre.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "pierre.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "pierre.fromSecret" }}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .name }}}}
{{- end }}

{{- define "pierre.serverEnv" -}}
{{- $secret := .Values.secretName }}
{{- $names := list "DATABASE_URL" "JWT_SECRET" "ENCRYPTION_KEY" }}
{{- if .Values.redis }}{{ $names = append $names "REDIS_URL" }}{{ end }}
{{- range $names }}{{ include "pierre.fromSecret" (dict "name" . "secret" $secret) }}{{ end }}
- {name: LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
- {name: LOG_FORMAT, value: json}
- {name: METRICS_ADDR, value: "0.0.0.0:9090"}
- {name: OAUTH, value: {{ .Values.oauth | quote }}}
- {name: WEATHER, value: {{ .Values.weather | quote }}}
{{- with .Values.weatherSecretName }}{{ include "pierre.fromSecret" (dict "name" "WEATHER_API_KEY" "secret" .) }}{{ end }}
{{- if .Values.foods.claimName }}
- {name: FOOD_FILE, value: {{ printf "/foods/%s" .Values.foods.file | quote }}}
{{- end }}
{{- with .Values.publicURL }}
- {name: PUBLIC_URL, value: {{ . | quote }}}
{{- end }}
{{- with .Values.trustedProxies }}
- {name: TRUSTED_PROXIES, value: {{ join "," . | quote }}}
{{- end }}
{{- range $name, $value := .Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "pierre.adminEnv" -}}
{{- $secret := .Values.admin.secretName }}
{{- range list "DATABASE_URL" "ADMIN_ENCRYPTION_KEY" "MCP_ADMIN_TOKEN" (ternary "SENDGRID_API_KEY" "SMTP_URL" (eq .Values.admin.mailBy "sendgrid")) }}
{{- include "pierre.fromSecret" (dict "name" . "secret" $secret) }}
{{- end }}
- {name: MCP_SERVER_URL, value: "http://{{ include "pierre.name" . }}-mcp:8081"}
- {name: BASE_APP_URL, value: {{ .Values.admin.baseURL | quote }}}
- {name: MAIL_FROM, value: {{ .Values.admin.mailFrom | quote }}}
- {name: LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
- {name: LOG_FORMAT, value: json}
{{- with .Values.publicURL }}
- {name: MCP_PUBLIC_URL, value: {{ . | quote }}}
{{- end }}
{{- with .Values.trustedProxies }}
- {name: TRUSTED_PROXIES, value: {{ join "," . | quote }}}
{{- end }}
{{- range $name, $value := .Values.admin.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "pierre.probes" -}}
startupProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
lifecycle:
  preStop: {sleep: {seconds: 5}} # until no new requests come, before the program is told to end
{{- end }}
