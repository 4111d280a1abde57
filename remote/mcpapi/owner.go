package mcpapi

import (
	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An owner is who has sessions and streams: a key, and of an application's key one of its athletes.
type owner struct {
	key  pierre.KeyID // "" in single-tenant mode
	user pierre.UserID
}

func ownerOf(p access.Principal) owner { return owner{p.KeyID, p.UserID} }

// noSession also stands for the session of another owner.
const noSession = "This session has ended, or is not this key's and athlete's; send initialize again."

// holdings are what the owners of one key have open.
type holdings struct {
	sessions map[pierre.UserID]map[string]*session
	streams  map[pierre.UserID]int

	nSessions, nStreams int // of all of them
}

func newHoldings() *holdings {
	return &holdings{sessions: map[pierre.UserID]map[string]*session{}, streams: map[pierre.UserID]int{}}
}

func (h *holdings) add(s *session) {
	of := h.sessions[s.owner.user]
	if of == nil {
		of = map[string]*session{}
		h.sessions[s.owner.user] = of
	}
	of[s.id] = s
	h.nSessions++
}

func (h *holdings) remove(s *session) {
	of := h.sessions[s.owner.user]
	if _, ok := of[s.id]; !ok {
		return
	}
	h.nSessions--
	if delete(of, s.id); len(of) == 0 {
		delete(h.sessions, s.owner.user)
	}
}

func (h *holdings) empty() bool { return h.nSessions == 0 && h.nStreams == 0 }

// surplus returns the session that has to go because of added, nil if none has to: one of the same owner, or else one of
// those of the key that come to hand first, because a key can have too many to look at them all.
func (h *holdings) surplus(added *session) *session {
	if of := h.sessions[added.owner.user]; len(of) > maxSessions {
		var l leastUsed
		for _, s := range of {
			l.consider(s, added)
		}
		return l.session
	}
	if h.nSessions <= maxKeySessions {
		return nil
	}
	var l leastUsed
	looked := 0
	for _, of := range h.sessions { // in random order
		for _, s := range of {
			l.consider(s, added)
			if looked++; looked == maxSessions {
				return l.session
			}
		}
	}
	return l.session
}
