package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/bus"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/probe"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/a2aapi"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/clientapi"
	"github.com/pierre-mcp/pierre/remote/downloads"
	"github.com/pierre-mcp/pierre/remote/exportapi"
	"github.com/pierre-mcp/pierre/remote/importapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/planapi"
	"github.com/pierre-mcp/pierre/remote/providerapi"
	"github.com/pierre-mcp/pierre/tools"
)

// An api is the handlers of the server for many, and those of them that work in the background.
type api struct {
	handler  http.Handler
	mcp      *mcpapi.Server
	verifier *access.Verifier
	bus      *bus.Bus
	ring     *keyring.Ring
}

// routes mounts every route of the server for many.
func (a *app) routes(c *config, ring *keyring.Ring) (*api, error) {
	m := a.monitor
	a.measure()
	verifier := access.NewVerifier(a.store, time.Now)
	athletes := access.NewAthletes(a.store, c.maxAthletes, time.Now)
	callers := c.callers(a, verifier)
	mcp := a.mcpAPI(c, mcpapi.Keys(callers, athletes), ring)
	holders := importapi.Keys(verifier, athletes)
	imports := importapi.New(m.Imports(a.imports), holders, importapi.Options{Dir: c.dataDir, MaxBytes: c.maxUploadBytes, Log: a.log})
	keys := access.KeyListeners{verifier, athletes, mcp}
	changes := a.follow(verifier, keys)
	m.Changes(func() (bool, int) { s := changes.State(); return s.Deaf, len(s.Silent) })
	mux := http.NewServeMux()
	mux.Handle("/", a.traces.of("/mcp", m.Requests("mcp", mcp)))
	agent := a.agentAPI(c, mcp)
	for _, route := range []string{a2aapi.CardPath, a2aapi.Path} {
		mux.Handle(route, a.traces.of(route, m.Requests("a2a", agent)))
	}
	for _, route := range []string{"/api/import", "/api/health"} {
		mux.Handle(route, a.traces.of(route, m.Requests("import", imports)))
	}
	mux.Handle("/api/export", a.traces.of("/api/export", m.Requests("export", exportapi.New(a.exports, holders, exportapi.Options{Log: a.log}))))
	mux.Handle("/admin/", a.traces.of("/admin/", m.Requests("admin", a.adminAPI(ring, keys))))
	calendars := access.NewCalendars(a.store, time.Now, access.CalendarOptions{Log: a.log})
	plans := planapi.New(holders, calendars, a.store, a.coach, a.work, planapi.Options{PublicURL: c.publicURL, Log: a.log})
	for _, route := range planapi.Routes() {
		mux.Handle(route, a.traces.of(route, m.Requests("client", plans)))
	}
	client := clientapi.New(callers, a.store, allowance.New(a.limiter, time.Now), clientapi.Options{Keys: keys, Leave: a.accounts.LeaveAll, Tools: a.toolNames, Log: a.log, DeleteAccounts: c.deleteAccounts})
	for _, route := range []string{"/v1/", clientapi.ValidatePath} {
		mux.Handle(route, a.traces.of(route, m.Requests("client", client)))
	}
	pages, err := downloads.New(a.store.Ready, downloads.Options{Dir: c.downloadsDir, Key: c.downloadsKey, PublicURL: c.publicURL, Log: a.log})
	if err != nil {
		return nil, fmt.Errorf("opening --downloads-dir: %w", err)
	}
	mountPages(mux, m.Requests("downloads", pages), mcp)
	if err := a.mountOAuth(mux, c, m, verifier, ring, keys); err != nil {
		return nil, fmt.Errorf("building the OAuth front: %w", err)
	}
	if err := a.mountProviders(mux, c, func(h http.Handler) http.Handler { return m.Requests("accounts", h) }); err != nil {
		return nil, fmt.Errorf("building the pages for accounts: %w", err)
	}
	if c.metricsAddr == "" {
		mux.Handle("GET /metrics", m.LocalHandler(a.log))
	}
	mountHealth(mux, a.store, func() []string { return impaired(changes.State()) }, a.log)
	mux.Handle("GET "+probe.Path, probe.Handler(func() []secret.String { return ring.JWTSecrets("") }, c.trustedProxies, time.Now))
	return &api{withClient(mux, c.trustedProxies), mcp, verifier, changes, ring}, nil
}

func (a *app) mcpAPI(c *config, callers mcpapi.Callers, ring *keyring.Ring) *mcpapi.Server {
	recorder := a.monitor.Calls(a.recorder, func(tool string) bool { return a.mcp.GetTool(tool) != nil })
	mcp := mcpapi.New(a.mcp, callers, a.limiter, recorder, mcpapi.Options{
		Clients:        a.clients,
		Log:            a.log,
		Work:           a.work,
		Overload:       a.guard(),
		AllowedOrigins: c.allowedOrigins,
		TrustedProxies: c.trustedProxies,
		ToolProfile:    c.toolProfile,
		Listing:        a.listing,
		Free:           tools.Free,

		ResourceMetadata: c.resourceMetadata(),
		Sessions:         a.sessions(ring),
	})
	a.monitor.Sessions(mcp.Sessions)
	return mcp
}

// agentAPI is the API for other agents: the tools are its skills.
func (a *app) agentAPI(c *config, mcp a2aapi.MCP) http.Handler {
	return a2aapi.New(mcp, func() []a2aapi.Skill {
		all := a.mcp.ListTools()
		skills := make([]a2aapi.Skill, 0, len(all))
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t := all[name].Tool
			about, _, _ := strings.Cut(t.Description, ". ")
			skills = append(skills, a2aapi.Skill{Name: name, Title: cmp.Or(t.Annotations.Title, name), Description: strings.TrimSuffix(about, ".") + "."})
		}
		return skills
	}, a2aapi.Options{PublicURL: c.publicURL})
}

// sessions returns what seals the ids of sessions, if other servers may go on with them.
func (a *app) sessions(ring *keyring.Ring) streamable.Sealer {
	if !a.store.Shared() {
		return nil
	}
	return ring
}

// mountPages adds the pages for people. GET / without a page in mind is for the MCP API, whose clients look there
// for a stream.
func mountPages(mux *http.ServeMux, pages, mcp http.Handler) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if downloads.WantsPage(r) {
			pages.ServeHTTP(w, r)
			return
		}
		mcp.ServeHTTP(w, r)
	})
	for _, route := range []string{"GET /install.sh", "GET /install.ps1", "GET /download/"} {
		mux.Handle(route, pages)
	}
}

// toolNames returns the names of the tools in alphabetical order.
func (a *app) toolNames() []string { return slices.Sorted(maps.Keys(a.mcp.ListTools())) }

func (a *app) adminAPI(ring *keyring.Ring, keys access.KeyListener) http.Handler {
	tokens := access.NewAdminVerifier(ring, a.store, time.Now)
	reports := usage.NewReporter(a.store, a.store, a.limiter, a.recorder, time.Now)
	return adminapi.New(a.store, tokens, reports, ring, adminapi.Options{Keys: keys, Leave: a.accounts.LeaveAll, Live: a.live, Tools: a.toolNames(), Log: a.log})
}

// logPath returns what logs show of a path: some hold secrets.
func logPath(path string) string { return planapi.LogPath(providerapi.LogPath(path)) }

// withClient tells the verifiers of credentials where a request comes from.
func withClient(h http.Handler, proxies []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := access.WithClient(r.Context(), web.ClientAddr(r, proxies))
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}
