package streamable

// An Owner is who has sessions and streams: a member of a group. What members have open is bounded, and so is what all
// members of a group have open together.
type Owner struct {
	Group  string
	Member string
}

// noSession also stands for the session of another owner.
const noSession = "This session has ended, or belongs to another caller; send initialize again."

// holdings are what the owners of one group have open.
type holdings struct {
	sessions map[string]map[string]*session
	streams  map[string]int

	nSessions, nStreams int // of all of them
}

func newHoldings() *holdings {
	return &holdings{sessions: map[string]map[string]*session{}, streams: map[string]int{}}
}

func (h *holdings) add(s *session) {
	of := h.sessions[s.owner.Member]
	if of == nil {
		of = map[string]*session{}
		h.sessions[s.owner.Member] = of
	}
	of[s.id] = s
	h.nSessions++
}

func (h *holdings) remove(s *session) {
	of := h.sessions[s.owner.Member]
	if _, ok := of[s.id]; !ok {
		return
	}
	h.nSessions--
	if delete(of, s.id); len(of) == 0 {
		delete(h.sessions, s.owner.Member)
	}
}

func (h *holdings) empty() bool { return h.nSessions == 0 && h.nStreams == 0 }

// surplus returns the session that has to go because of added, nil if none has to: one of the same owner, or else one of
// those of the group that are found first, because a group can have too many to look at them all.
func (h *holdings) surplus(added *session) *session {
	if of := h.sessions[added.owner.Member]; len(of) > maxSessions {
		var l leastUsed
		for _, s := range of {
			l.consider(s, added)
		}
		return l.session
	}
	if h.nSessions <= maxGroupSessions {
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
