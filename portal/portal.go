// Package portal puts the admin site together: the routes of its packages of pages, behind what every request passes.
package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/route"
)

type readiness interface {
	Ready(ctx context.Context) error
}

// Handler serves the routes, /health (the process runs) and /ready (the database answers).
func Handler(routes []route.Route, ready readiness, log *slog.Logger) http.Handler {
	health := []route.Route{
		{Pattern: "GET /health", Handler: func(w http.ResponseWriter, _ *http.Request) error {
			return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": buildinfo.Version()})
		}},
		{Pattern: "GET /ready", Handler: func(w http.ResponseWriter, r *http.Request) error {
			if err := ready.Ready(r.Context()); err != nil {
				return err
			}
			return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
		}},
	}
	if len(routes) == 0 {
		routes = []route.Route{{Pattern: "GET /{$}", Handler: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, err := io.WriteString(w, "<!doctype html><title>Pierre</title>")
			return err
		}}}
	}
	return route.Mux(append(health, routes...), route.Doors{
		StaffSignIn: "/admin/sign-in", CustomerSignIn: "/account/sign-in",
		Fail: func(w http.ResponseWriter, r *http.Request, err error) { web.Fail(w, r, log, err) },
	})
}
