package access

import "github.com/pierre-mcp/pierre/internal/pierre"

// A KeyListener is told how API keys change: after the change was committed, and before it is confirmed to whoever made it.
type KeyListener interface {
	// Revoked says that the key, or a tool that it could use, was taken away. What is open for the key must end.
	Revoked(id pierre.KeyID)
	// Changed says that something else of the key changed, such as its name, its limit or its expiry. What is open for
	// it stays open; what is remembered of it must be looked up again.
	Changed(id pierre.KeyID)
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
