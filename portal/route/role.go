package route

import "context"

// A Role says who may use a route, and what a person of the staff may do.
type Role int

// The roles. Viewer and those after it are the staff's: each may do what those before it may, but none is a customer.
// Their names and numbers are kept in databases; new ones are added at the end.
const (
	Public   Role = iota // everybody, signed in or not
	Customer             // who proved an e-mail address
	Viewer               // staff: sees everything but secrets
	Approver             // decides requests
	Admin                // changes keys, customers, prices and settings; closes months
	Owner                // invites and removes staff
)

// StaffRoles are the roles that a person of the staff can have, from the least to the most.
func StaffRoles() []Role { return []Role{Viewer, Approver, Admin, Owner} }

// roleNames returns the names of the roles, by their values.
func roleNames() [6]string {
	return [...]string{"public", "customer", "viewer", "approver", "admin", "owner"}
}

// String returns the role's name in lower case, such as "approver".
func (r Role) String() string {
	if names := roleNames(); r >= 0 && int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// ParseStaffRole returns the role of the staff with that name; ok is false for any other text.
func ParseStaffRole(name string) (r Role, ok bool) {
	for _, r := range StaffRoles() {
		if r.String() == name {
			return r, true
		}
	}
	return Public, false
}

// A Person is somebody of the staff who is signed in, with both factors.
type Person struct {
	ID    string // of the account
	Email string // who changes at the server are made for, see adminapi.Client.For
	Name  string // to be shown; may be empty
	Role  Role   // Viewer or more
}

// May reports whether the person may do what the role may. Nobody of the staff is a customer.
func (p Person) May(role Role) bool {
	return role == Public || role >= Viewer && p.Role >= role
}

// An Account is a customer who is signed in.
type Account struct {
	Email string // was proved with a mailed link
}

type (
	personKey  struct{}
	accountKey struct{}
)

// WithPerson returns a context of a request by somebody of the staff.
func WithPerson(ctx context.Context, p Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// PersonFrom returns who of the staff makes the request; ok is false if nobody of them does.
func PersonFrom(ctx context.Context) (p Person, ok bool) {
	p, ok = ctx.Value(personKey{}).(Person)
	return p, ok
}

// WithCustomer returns a context of a request by a customer.
func WithCustomer(ctx context.Context, a Account) context.Context {
	return context.WithValue(ctx, accountKey{}, a)
}

// CustomerFrom returns which customer makes the request; ok is false if none does. A browser can be signed in as a customer
// and as staff at once.
func CustomerFrom(ctx context.Context) (a Account, ok bool) {
	a, ok = ctx.Value(accountKey{}).(Account)
	return a, ok
}
