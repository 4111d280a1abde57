package pierre

import (
	"slices"
	"strings"
	"time"
)

// A Permission is one thing that an admin token may do.
type Permission string

// The permissions.
const (
	PermProvisionKeys     Permission = "provision_keys"
	PermListKeys          Permission = "list_keys"
	PermRevokeKeys        Permission = "revoke_keys"
	PermUpdateKeyLimits   Permission = "update_key_limits"
	PermManageAdminTokens Permission = "manage_admin_tokens"
	PermViewAuditLogs     Permission = "view_audit_logs"
	PermManageUsers       Permission = "manage_users"
)

// Permissions lists all permissions, which are a super admin's.
func Permissions() []Permission {
	return []Permission{
		PermProvisionKeys, PermListKeys, PermRevokeKeys, PermUpdateKeyLimits,
		PermManageAdminTokens, PermViewAuditLogs, PermManageUsers,
	}
}

// ParsePermissions reads a comma-separated list.
func ParsePermissions(list string) ([]Permission, error) {
	var perms []Permission
	for name := range strings.SplitSeq(list, ",") {
		p := Permission(strings.TrimSpace(name))
		if !slices.Contains(Permissions(), p) {
			return nil, Invalid("permissions", "unknown permission %q; the permissions are %s.", p, joined(Permissions()))
		}
		if !slices.Contains(perms, p) {
			perms = append(perms, p)
		}
	}
	return perms, nil
}

// SplitPermissions reads what a database keeps: permissions that this version knows, and names that only others know, which
// grant nothing here.
func SplitPermissions(list string) (known []Permission, unknown []string) {
	known = []Permission{}
	for name := range strings.SplitSeq(list, ",") {
		if p := Permission(name); slices.Contains(Permissions(), p) {
			known = append(known, p)
		} else if name != "" {
			unknown = append(unknown, name)
		}
	}
	return known, unknown
}

func joined(perms []Permission) string {
	names := make([]string, len(perms))
	for i, p := range perms {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// An AdminToken lets a service use the admin API. The token itself is a signed JWT that only its holder keeps;
// this row decides whether it is still good.
type AdminToken struct {
	ID          AdminTokenID
	Service     string
	Description string
	Permissions []Permission
	Unknown     []string // permissions of another version of the server; they grant nothing here
	Created     time.Time
	Expires     time.Time // zero: never
	Revoked     time.Time // zero: not revoked
	LastUsed    time.Time // zero: never
}

// Successor returns a token in place of a, with the same permissions and a lifetime as long. One that has ended has none.
func (a AdminToken) Successor(now time.Time) (AdminToken, error) {
	if !a.Revoked.IsZero() {
		return a, &Error{Kind: KindConflict, Msg: "It is revoked or was rotated before; make a new token."}
	}
	next := a
	next.ID, next.LastUsed = NewAdminTokenID(), time.Time{}
	next.Created = now.UTC().Truncate(time.Second)
	if !a.Expires.IsZero() {
		next.Expires = next.Created.Add(a.Expires.Sub(a.Created))
	}
	return next, nil
}

// An AuditEntry is one change, written in the transaction that made it.
type AuditEntry struct {
	Seq     int64 // rising; a cursor over the log
	At      time.Time
	Actor   string // the admin token's id, or the person who needs none, such as "admin-setup"
	Person  string // for whom the token's holder made the change, "" if they named nobody
	Action  string // such as "key.provision"
	Target  string // the id of what was changed
	Details string // JSON, without secrets
	Place   int64  // in the chain of hashes, from 1; 0: it has none yet
	Hash    []byte // over the entry and the hash before it; nil if it has no place
}

// An AuditQuery says which entries of the audit log are wanted, newest first. A zero member admits all.
type AuditQuery struct {
	Actor, Action, Target string
	From, To              time.Time // at From or after, and before To
	Limit                 int       // at most so many
	Cursor                string    // NextCursor of the page before, "" for the first page
}

// An AuditCheck is what a check of the audit log found.
type AuditCheck struct {
	Entries   int64       // that are as they were written
	Unchained int64       // that have no place in the chain yet: nothing is known of them
	Head      []byte      // the hash of the last of Entries: kept elsewhere, it tells later whether any of them was cut off
	KeptFound bool        // the hash that was kept is the chain's, or there was none
	Broken    *AuditBreak // the first entry that is not as it was written; nil: all are
}

// An AuditBreak is the first entry of the audit log that is not as it was written.
type AuditBreak struct {
	Place int64
	Seq   int64 // 0 if it is not known
	Why   string
}
