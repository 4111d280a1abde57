package pierre

import (
	"fmt"
	"time"
)

// An Act is who changes something, and when: what the audit log needs to know of every change.
type Act struct {
	Token  AdminTokenID // whose holder makes the change; "": the person does, without a token
	Person string       // for whom the token's holder makes it, as they say; "": nobody was named
	At     time.Time
	Once   *Once // nil: the request, repeated, makes the change again
}

// Actor returns who the audit log says it was.
func (a Act) Actor() (actor, person string) {
	if a.Token == "" {
		return a.Person, ""
	}
	return string(a.Token), a.Person
}

// Once names a request of the act's token that makes its change a single time, however often it is repeated.
type Once struct {
	Route   string   // method and path
	Key     string   // the client's Idempotency-Key
	Request [32]byte // SHA-256 of the body, which a repetition must share
}

// AnswerPurpose is what the kept answer to a request is sealed for: its row in the database, and the token whose request it
// was. Nobody can move it to another row.
func AnswerPurpose(token AdminTokenID, route, key string) []byte {
	return fmt.Appendf(nil, "answer %s %s %s", token, route, key) // neither the token's id nor the key has spaces
}

// An AuditPage is a page of the audit log, newest first.
type AuditPage struct {
	Entries    []AuditEntry
	NextCursor string // "" on the last page
}
