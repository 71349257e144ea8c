{{- define "draftcast.labels" -}}
app.kubernetes.io/name: draftcast
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "draftcast.metadata" -}}
name: {{ .root.Release.Name }}-{{ .part }}
labels:
  {{- include "draftcast.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "draftcast.secret" -}}
{{- if .from.name }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .from.name }}, key: {{ .from.key }}}
{{- end }}
{{- end }}

{{/* The pod of a part: `root`, `part`, `args`, `resources`, `data` (the volume of /data), `grace` seconds. */}}
{{- define "draftcast.pod" -}}
{{- $values := .root.Values }}
metadata:
  labels:
    {{- include "draftcast.labels" . | nindent 4 }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "8000"
    {{- with $values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  {{- with $values.serviceAccountName }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: {{ not (not $values.serviceAccountName) }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .grace }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "draftcast.labels" . | nindent 10 }}
  containers:
    - name: draftcast
      image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: {{ toJson .args }}
      ports:
        - {name: http, containerPort: 8000}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
      env:
        - {name: DRAFTCAST_PUBLIC_URL, value: {{ $values.publicUrl | quote }}}
        - {name: DRAFTCAST_FILES_URL, value: {{ $values.filesUrl | quote }}}
        - {name: DRAFTCAST_WATCH_PORT, value: "8000"}
        - {name: DRAFTCAST_RENDER_SLOTS, value: {{ $values.worker.renderSlots | quote }}}
        - {name: DRAFTCAST_LOG_FORMAT, value: json}
        {{- range $name, $value := $values.settings }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- include "draftcast.secret" (dict "name" "DRAFTCAST_DATABASE_URL" "from" $values.secrets.database) | nindent 8 }}
        {{- include "draftcast.secret" (dict "name" "DRAFTCAST_SIGNING_KEY" "from" $values.secrets.signingKey) | nindent 8 }}
        {{- include "draftcast.secret" (dict "name" "DRAFTCAST_BROADCAST_URL" "from" $values.secrets.broadcast) | nindent 8 }}
        {{- include "draftcast.secret" (dict "name" "DRAFTCAST_WEBHOOK_SECRET" "from" $values.secrets.webhook) | nindent 8 }}
      {{- with $values.secrets.storage.name }}
      envFrom:
        - secretRef: {name: {{ . }}}
      {{- end }}
      # The first start brings the database to its layout, which may take a while.
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - {name: data, mountPath: /data}
  volumes:
    - name: data
      {{- toYaml .data | nindent 6 }}
{{- end }}

{{/* The disruption budget of a part. */}}
{{- define "draftcast.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "draftcast.metadata" . | nindent 2 }}
spec:
  {{- toYaml .disruption | nindent 2 }}
  selector:
    matchLabels:
      {{- include "draftcast.labels" . | nindent 6 }}
{{- end }}
