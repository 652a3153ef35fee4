//go:build tools

// Package tools pins Vault and its auth method `kubernetes`; hack/tools builds them.
package tools

import (
	_ "github.com/hashicorp/vault"
	_ "github.com/hashicorp/vault-plugin-auth-kubernetes"
)
