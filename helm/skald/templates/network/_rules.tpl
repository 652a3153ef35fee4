{{/* Rules of the NetworkPolicies of controller and gateways. What the operator makes for tenants is alike. */}}

{{- define "skald.net.cidrs" -}}
{{- range . }}
- ipBlock:
    cidr: {{ . }}
{{- end }}
{{- end }}

{{/* Any address that a server may have: never a link-local one, so never a metadata service. */}}
{{- define "skald.net.anyAddress" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [169.254.0.0/16]
- ipBlock:
    cidr: ::/0
    except: [fe80::/10, 'fd00:ec2::254/128']
{{- end }}

{{/* The same networks as in controller/tenant/network-peers.ts, which says what they are. */}}
{{- define "skald.net.internet" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 0.0.0.0/8
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 127.0.0.0/8
      - 168.63.129.16/32
      - 169.254.0.0/16
      - 172.16.0.0/12
      - 192.0.0.0/24
      - 192.168.0.0/16
      - 198.18.0.0/15
      - 224.0.0.0/4
      - 240.0.0.0/4
      {{- range .Values.networkPolicy.clusterCidrs }}
      {{- if not (contains ":" .) }}
      - {{ . }}
      {{- end }}
      {{- end }}
- ipBlock:
    cidr: ::/0
    except:
      - '::/127'
      - '64:ff9b::/104'
      - '64:ff9b::a00:0/104'
      - '64:ff9b::6440:0/106'
      - '64:ff9b::7f00:0/104'
      - '64:ff9b::a83f:8110/128'
      - '64:ff9b::a9fe:0/112'
      - '64:ff9b::ac10:0/108'
      - '64:ff9b::c000:0/120'
      - '64:ff9b::c0a8:0/112'
      - '64:ff9b:1::/48'
      - 'fc00::/7'
      - 'fe80::/10'
      - 'fec0::/10'
      - 'ff00::/8'
      {{- range .Values.networkPolicy.clusterCidrs }}
      {{- if contains ":" . }}
      - {{ . | quote }}
      {{- end }}
      {{- end }}
{{- end }}

{{- define "skald.net.tcp" -}}
{{- range . }}
- protocol: TCP
  port: {{ . }}
{{- end }}
{{- end }}

{{- define "skald.net.dns" -}}
{{- with .Values.networkPolicy.dns -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace }}
      podSelector:
        matchLabels:
          {{- toYaml .podLabels | nindent 10 }}
    {{- include "skald.net.cidrs" .cidrs | trim | nindent 4 }}
  ports:
    {{- range .ports }}
    - protocol: UDP
      port: {{ . }}
    - protocol: TCP
      port: {{ . }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "skald.net.apiServer" -}}
{{- with .Values.networkPolicy.apiServer -}}
- to:
    {{- if .cidrs }}
    {{- include "skald.net.cidrs" .cidrs | trim | nindent 4 }}
    {{- else }}
    {{- include "skald.net.anyAddress" $ | trim | nindent 4 }}
    {{- end }}
  ports:
    {{- include "skald.net.tcp" .ports | trim | nindent 4 }}
{{- end }}
{{- end }}

{{/* A database among the cluster's pods has no address that is known. */}}
{{- define "skald.net.database" -}}
{{- if include "skald.databaseSecret" . }}
{{- with .Values.networkPolicy.database }}
- to:
    {{- if .cidrs }}
    {{- include "skald.net.cidrs" .cidrs | trim | nindent 4 }}
    {{- else }}
    - namespaceSelector: {}
    {{- include "skald.net.anyAddress" $ | trim | nindent 4 }}
    {{- end }}
  ports:
    {{- include "skald.net.tcp" .ports | trim | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A Vault that is a Service is in the namespace of that name. */}}
{{- define "skald.net.vault" -}}
{{- with (.Values.vault).address }}
{{- $url := urlParse . }}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" }}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") }}
- to:
    {{- if regexMatch "^[^.]+\\.[^.]+\\.svc(\\.|$)" $host }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ index (splitList "." $host) 1 }}
    {{- else if regexMatch "^[0-9.]+$" $host }}
    - ipBlock:
        cidr: {{ $host }}/32
    {{- else }}
    - namespaceSelector: {}
    {{- include "skald.net.anyAddress" $ | trim | nindent 4 }}
    {{- end }}
  ports:
    - protocol: TCP
      port: {{ $port }}
{{- end }}
{{- end }}

{{- define "skald.net.metrics" -}}
{{- with .Values.networkPolicy.monitoringNamespaces }}
- from:
    {{- range . }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ . }}
    {{- end }}
  ports:
    - protocol: TCP
      port: 8080
{{- end }}
{{- end }}
