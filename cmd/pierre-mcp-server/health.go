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

// A readyAnswer is the answer of /ready if the server can work.
type readyAnswer struct {
	Status   string   `json:"status"`
	Impaired []string `json:"impaired,omitempty"` // what works less well than it should
}

// mountHealth adds the routes that machines watch: /health reports that the process runs,
// /ready that it can do its work. What is impaired, but does not keep it from that, impaired tells; nil: nothing can be.
func mountHealth(mux *http.ServeMux, db readiness, impaired func() []string, log *slog.Logger) {
	mux.Handle("GET /health", web.Handle(log, func(w http.ResponseWriter, _ *http.Request) error {
		return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": buildinfo.Version()})
	}))
	mux.Handle("GET /ready", web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if err := db.Ready(r.Context()); err != nil {
			return &pierre.Error{Kind: pierre.KindUnavailable, Msg: pierre.MessageOf(err, "The database does not answer."), Err: err}
		}
		answer := readyAnswer{Status: "ready"}
		if impaired != nil {
			answer.Impaired = impaired()
		}
		return web.WriteJSON(w, http.StatusOK, answer)
	}))
}
