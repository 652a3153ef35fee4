//go:build tools

// Package tools pins CoreDNS; hack/tools builds it.
package tools

import _ "github.com/coredns/coredns"
