//go:build tools

// Package tools pins Vault; hack/tools builds it.
package tools

import _ "github.com/hashicorp/vault"
