package streamable

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// Servers that share a database share sessions, too: the id of a session is a sealed text that holds what initialize
// negotiated, so that any of them can go on with it. Streams, and requests to the client that wait for its response, stay
// with the server that has them.

// A Sealer encrypts what only servers can read, bound to what it is for; [keyring.Ring] is one.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

const (
	maxSessionID     = 2048               // bytes; a longer one is none of ours
	maxSharedText    = 64                 // of a client's name and version, as the id holds it
	sharedSessionFor = 7 * 24 * time.Hour // from initialize

	// Streams of one session at different servers have different numbers: each server begins at a random multiple of
	// streamRange, which is the number of the stream for GET.
	streamRange = 1 << 20
	maxBase     = 1 << 31
)

// A sharedSession is what a session's id holds.
type sharedSession struct {
	Began    int64  `json:"t"` // Unix seconds
	Protocol string `json:"p"`
	Name     string `json:"n,omitempty"`
	Version  string `json:"v,omitempty"`
	Can      int    `json:"c,omitempty"` // bits: what the client can be asked for
}

const (
	canSample = 1 << iota
	canElicit
	canListRoots
	canTellRoots
	canShowApps
)

// sharedID returns the id of a session that was just initialized.
func sharedID(keys Sealer, s *session, now time.Time) (string, error) {
	client, can := s.GetClientInfo(), s.GetClientCapabilities()
	held := sharedSession{
		Began: now.Unix(), Protocol: s.ProtocolVersion(),
		Name: clip(client.Name, maxSharedText), Version: clip(client.Version, maxSharedText),
	}
	for bit, is := range map[int]bool{
		canSample: can.Sampling != nil, canElicit: can.Elicitation != nil,
		canListRoots: can.Roots != nil, canTellRoots: can.Roots != nil && can.Roots.ListChanged,
		canShowApps: showsApps(can.Extensions),
	} {
		if is {
			held.Can |= bit
		}
	}
	text, err := json.Marshal(held)
	if err != nil {
		return "", fmt.Errorf("making a session's id: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(keys.Seal(text, s.owner.purpose())), nil
}

// purpose binds the id of a session to its owner.
func (o Owner) purpose() []byte { return fmt.Appendf(nil, "mcp session %s %s", o.Group, o.Member) }

// openShared returns the session of an id that another server, or this one before, gave out to the owner.
func openShared(keys Sealer, id string, o Owner, now time.Time) (*session, bool) {
	if len(id) > maxSessionID {
		return nil, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil, false
	}
	text, err := keys.Open(sealed, o.purpose())
	if err != nil {
		return nil, false
	}
	var held sharedSession
	if err := json.Unmarshal(text, &held); err != nil || now.Sub(time.Unix(held.Began, 0)) >= sharedSessionFor {
		return nil, false
	}
	s := newSession(id, o, now)
	s.version = held.Protocol
	s.client = mcp.Implementation{Name: held.Name, Version: held.Version}
	s.can = held.capabilities()
	s.share()
	return s, true
}

func (h sharedSession) capabilities() mcp.ClientCapabilities {
	var can mcp.ClientCapabilities
	if h.Can&canSample != 0 {
		can.Sampling = &mcp.SamplingCapability{}
	}
	if h.Can&canElicit != 0 {
		can.Elicitation = &mcp.ElicitationCapability{}
	}
	if h.Can&canListRoots != 0 {
		can.Roots = &struct {
			ListChanged bool `json:"listChanged,omitempty"`
		}{h.Can&canTellRoots != 0}
	}
	if h.Can&canShowApps != 0 {
		can.Extensions = map[string]any{AppsExtension: struct{}{}}
	}
	return can
}

// share prepares a session that other servers may go on with. It counts as initialized: the client may tell another one
// that it is.
func (s *session) share() {
	base := (1 + rand.Int64N(maxBase)) * streamRange //nolint:gosec // it is no secret
	s.initialized, s.lastStream = true, base
	s.standalone.number = base
}

// elsewhere reports whether the number is that of the session's GET stream at another server.
func elsewhere(number int64) bool { return number > 0 && number%streamRange == 0 }

// find returns the session of that id and owner, which another server may have opened.
func (t *sessionTable) find(ctx context.Context, id string, o Owner) (*session, bool) {
	s, ok := t.get(id, o)
	if ok || t.shared == nil || t.isBuried(id) {
		return s, ok
	}
	if s != nil { // it was idle here for long
		t.end(ctx, s)
	}
	if s, ok = openShared(t.shared, id, o, t.now()); !ok {
		return nil, false
	}
	if err := t.add(ctx, s); err != nil { // another request was faster
		return t.get(id, o)
	}
	return s, true
}

func (t *sessionTable) isBuried(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buried.contains(id)
}

// bury ends sessions that no request may open again.
func (t *sessionTable) bury(ctx context.Context, sessions ...*session) {
	if t.shared != nil {
		t.mu.Lock()
		for _, s := range sessions {
			t.buried.add(s.id)
		}
		t.mu.Unlock()
	}
	t.end(ctx, sessions...)
}

// graves remember the sessions that were ended on purpose, the last ones at least: no server would otherwise know that an
// id which it can open is no longer valid. t.mu guards them.
type graves struct {
	young, old map[string]struct{}
}

// maxYoung is how many ids are remembered at least; it is half as many as at most.
const maxYoung = 8192

func (g *graves) add(id string) {
	if len(g.young) >= maxYoung {
		g.young, g.old = nil, g.young
	}
	if g.young == nil {
		g.young = map[string]struct{}{}
	}
	g.young[id] = struct{}{}
}

func (g *graves) contains(id string) bool {
	_, young := g.young[id]
	_, old := g.old[id]
	return young || old
}
