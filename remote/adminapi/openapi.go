package adminapi

import (
	_ "embed"
	"net/http"
)

// document describes every route (OpenAPI 3.1). Tests hold the routes and the answers to it.
//
//go:embed openapi.json
var document []byte

// serveDocument asks for no token: the document is public.
func serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document) // a client that went away needs no answer
}
