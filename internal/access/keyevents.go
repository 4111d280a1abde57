package access

import "github.com/pierre-mcp/pierre/internal/pierre"

// A KeyListener is told how API keys change: after the change was committed, and before it is confirmed to whoever made it.
type KeyListener interface {
	// Revoked says that the key, or a tool that it could use, was taken away. What is open for the key must end.
	Revoked(id pierre.KeyID)
	// Changed says that something else of the key changed, such as its name, its limit or its expiry. What is open for
	// it stays open; what is remembered of it must be looked up again.
	Changed(id pierre.KeyID)
	// AllChanged says that something changed which many keys follow, such as a tier or a customer's limit: it is as
	// Changed for every key.
	AllChanged()
	// AthleteDeleted says that the user, an athlete of an application, is gone with all data. What is open for it must end.
	AthleteDeleted(id pierre.UserID)
}

// KeyListeners are told in their order: whoever remembers keys comes before whoever ends what is open for them.
type KeyListeners []KeyListener

// Revoked implements [KeyListener].
func (ls KeyListeners) Revoked(id pierre.KeyID) {
	for _, l := range ls {
		l.Revoked(id)
	}
}

// Changed implements [KeyListener].
func (ls KeyListeners) Changed(id pierre.KeyID) {
	for _, l := range ls {
		l.Changed(id)
	}
}

// AllChanged implements [KeyListener].
func (ls KeyListeners) AllChanged() {
	for _, l := range ls {
		l.AllChanged()
	}
}

// AthleteDeleted implements [KeyListener].
func (ls KeyListeners) AthleteDeleted(id pierre.UserID) {
	for _, l := range ls {
		l.AthleteDeleted(id)
	}
}

// Tell tells l of a change that another server or program may have made. A change that l knows of already does no harm.
func Tell(l KeyListener, c pierre.Change) {
	switch c.Kind {
	case pierre.ChangeKeyRevoked:
		l.Revoked(pierre.KeyID(c.ID))
	case pierre.ChangeKey:
		l.Changed(pierre.KeyID(c.ID))
	case pierre.ChangeTier, pierre.ChangeUser, pierre.ChangeUserDeleted:
		l.AllChanged()
	case pierre.ChangeAthleteGone:
		l.AthleteDeleted(pierre.UserID(c.ID))
	case pierre.ChangeAdminToken: // their rows are read each time
	}
}
