package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

type readiness interface {
	Ready(ctx context.Context) error
}

// mountHealth adds the routes that machines watch: /health reports that the process runs,
// /ready that it can do its work.
func mountHealth(mux *http.ServeMux, db readiness, log *slog.Logger) {
	mux.Handle("GET /health", web.Handle(log, func(w http.ResponseWriter, _ *http.Request) error {
		return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": buildinfo.Version()})
	}))
	mux.Handle("GET /ready", web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if err := db.Ready(r.Context()); err != nil {
			return &pierre.Error{Kind: pierre.KindUnavailable, Msg: pierre.MessageOf(err, "The database does not answer."), Err: err}
		}
		return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	}))
}
