//go:build tools

package main

// Pins the server; hack/tools builds it.
import _ "github.com/livekit/livekit-server/cmd/server"
