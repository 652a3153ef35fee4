//go:build tools

// Package tools pins Helm; hack/tools builds it.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
