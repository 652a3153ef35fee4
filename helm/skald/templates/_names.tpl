{{/*
Labels of everything in the chart. Names are fixed: the operator, the gateways' certificates and the admission
policy rely on them.
*/}}
{{- define "skald.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "skald.selector" . }}
{{- end }}

{{- define "skald.selector" -}}
app.kubernetes.io/name: skald
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A digest says which image it is; a tag only what somebody called it. */}}
{{- define "skald.imageOf" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}
{{- else }}{{ .image.repository }}:{{ .image.tag | default .version }}
{{- end }}
{{- end }}

{{- define "skald.image" -}}
{{ include "skald.imageOf" (dict "image" .Values.image "version" .Chart.AppVersion) }}
{{- end }}

{{- define "skald.speechImage" -}}
{{ include "skald.imageOf" (dict "image" .Values.speechImage "version" .Chart.AppVersion) }}
{{- end }}

{{/* Name of the Secret with the DSN; empty when there is no database. */}}
{{- define "skald.databaseSecret" -}}
{{- if .Values.database.existingSecret }}{{ .Values.database.existingSecret }}
{{- else if .Values.database.url }}skald-database
{{- end }}
{{- end }}

{{- define "skald.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "skald.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What controller and gateway have in common. */}}
{{- define "skald.commonEnv" -}}
- name: SKALD_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: SKALD_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- if include "skald.databaseSecret" . }}
- name: SKALD_DATABASE_URL_FILE
  value: /var/run/skald/database/url
{{- end }}
{{- if .Values.extraCA.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/skald/extra-ca/ca.crt
{{- end }}
- name: NODE_COMPILE_CACHE
  value: /tmp/compile-cache
{{- with .Values.vault }}
{{- if .address }}
- name: SKALD_VAULT_ADDRESS
  value: {{ .address | quote }}
{{- with .namespace }}
- name: SKALD_VAULT_NAMESPACE
  value: {{ . | quote }}
{{- end }}
{{- if .ca.configMap }}
- name: SKALD_VAULT_CA_FILE
  value: /etc/skald/vault-ca/ca.crt
{{- end }}
- name: SKALD_VAULT_AUTH_MOUNT
  value: {{ .auth.mount | quote }}
- name: SKALD_VAULT_AUTH_AUDIENCE
  value: {{ .auth.audience | quote }}
- name: SKALD_VAULT_TRANSIT_MOUNT
  value: {{ .transitMount | quote }}
- name: SKALD_VAULT_KV_MOUNT
  value: {{ .kvMount | quote }}
- name: SKALD_VAULT_KV_PREFIX
  value: {{ .kvPrefix | quote }}
- name: SKALD_VAULT_PKI_MOUNT
  value: {{ .pkiMount | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "skald.commonVolumeMounts" -}}
{{- if include "skald.databaseSecret" . }}
- name: database
  mountPath: /var/run/skald/database
  readOnly: true
{{- end }}
{{- if .Values.extraCA.configMap }}
- name: extra-ca
  mountPath: /etc/skald/extra-ca
  readOnly: true
{{- end }}
{{- if and .Values.vault.address .Values.vault.ca.configMap }}
- name: vault-ca
  mountPath: /etc/skald/vault-ca
  readOnly: true
{{- end }}
- name: tmp
  mountPath: /tmp
{{- end }}

{{- define "skald.commonVolumes" -}}
{{- if .Values.extraCA.configMap }}
- name: extra-ca
  configMap:
    name: {{ .Values.extraCA.configMap }}
    items:
      - key: {{ .Values.extraCA.key }}
        path: ca.crt
{{- end }}
{{- if and .Values.vault.address .Values.vault.ca.configMap }}
- name: vault-ca
  configMap:
    name: {{ .Values.vault.ca.configMap }}
    items:
      - key: {{ .Values.vault.ca.key }}
        path: ca.crt
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- end }}

{{- define "skald.probes" -}}
startupProbe:
  httpGet:
    path: /livez
    port: http
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /livez
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
{{- end }}
