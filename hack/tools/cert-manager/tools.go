//go:build tools

// Package tools pins cert-manager; hack/tools builds its controller, and its CRDs are read from the module.
package tools

import _ "github.com/cert-manager/cert-manager/cmd/controller"
