package backup

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// format is the version of the archive's form. Programs read backups of this one and of those before.
const format = 1

// The entries of the archive.
const (
	manifestEntry = "manifest.json"
	databaseEntry = "database.sqlite"
	callsEntry    = "calls.journal"
	secretsEntry  = "secrets"
)

const (
	maxManifest = 1 << 20
	maxSecrets  = 1 << 20
	maxCalls    = 1 << 30
	maxDatabase = 1 << 44 // 16 TiB; SQLite's own limit is higher
	maxTables   = 1000
)

// A Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // whose database it is
	Version string    `json:"version"` // of the program that made the backup
	Created time.Time `json:"created_at"`
	From    string    `json:"from"` // sqlite or postgresql
	Schema  int64     `json:"schema"`

	Tables  []dbcopy.TableSum    `json:"tables"`
	Calls   int                  `json:"calls_in_journal"` // which the database may lack; they are recorded when the backup is restored
	Secrets Secrecy              `json:"secrets"`
	Entries map[string]EntryInfo `json:"entries"`
}

// An EntryInfo says what an entry of the archive holds.
type EntryInfo struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// A Secrecy is how the secrets are kept in a backup.
type Secrecy string

// The ways.
const (
	SecretsAbsent     Secrecy = "absent"
	SecretsPlain      Secrecy = "plain"
	SecretsPassphrase Secrecy = "passphrase" // encrypted with age and a passphrase
	SecretsRecipients Secrecy = "recipients" // encrypted with age for the holders of identities
)

// Rows returns how many rows the tables have.
func (m *Manifest) Rows() int64 {
	n := int64(0)
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

func damaged(format string, args ...any) error {
	return &pierre.Error{Kind: pierre.KindConflict, Msg: "The backup is damaged: " + fmt.Sprintf(format, args...) + ". Use another one."}
}

// parseManifest reads a manifest and checks that it can be of a backup. That it is of this program, the caller checks.
func parseManifest(data []byte) (*Manifest, error) {
	m := new(Manifest)
	var form struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &form); err != nil {
		return nil, damaged("its manifest is not JSON")
	}
	if form.Format > format {
		return nil, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
			"The backup has the form %d, which a newer Pierre wrote; this one reads forms up to %d. Install the newer one to use it.", form.Format, format)}
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, damaged("its manifest is not as a program writes it")
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.Format < 1 || m.Program == "" || m.Schema < 1 || len(m.Tables) == 0 || len(m.Tables) > maxTables || m.Created.IsZero() {
		return damaged("its manifest lacks what every backup says")
	}
	names := map[string]bool{}
	for _, t := range m.Tables {
		if t.Table == "" || names[t.Table] || t.Rows < 0 || !isSum(t.SHA256) {
			return damaged("its manifest says of a table what cannot be")
		}
		names[t.Table] = true
	}
	limits := map[string]int64{databaseEntry: maxDatabase, callsEntry: maxCalls, secretsEntry: maxSecrets}
	for name, e := range m.Entries {
		if most, ok := limits[name]; !ok || e.Bytes < 0 || e.Bytes > most || !isSum(e.SHA256) {
			return damaged("its manifest says of an entry what cannot be")
		}
	}
	_, secrets := m.Entries[secretsEntry]
	_, database := m.Entries[databaseEntry]
	_, calls := m.Entries[callsEntry]
	if !database || m.Calls < 0 || calls != (m.Calls > 0) || secrets == (m.Secrets == SecretsAbsent) {
		return damaged("its manifest lacks an entry")
	}
	switch m.Secrets {
	case SecretsAbsent, SecretsPlain, SecretsPassphrase, SecretsRecipients:
		return nil
	}
	return damaged("its manifest names no known way to keep secrets")
}

func isSum(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == 32
}

// usableBy refuses a backup that program cannot use, which knows tables up to version newest.
func (m *Manifest) usableBy(program string, newest int64) error {
	if m.Program != program {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("This is a backup of %s, not of %s. Give it to that program.", m.Program, program)}
	}
	if m.Schema > newest {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
			"The backup was made by version %s of %s, whose tables have version %d; this program knows them up to %d. Install that version or a newer one to use it.",
			m.Version, m.Program, m.Schema, newest)}
	}
	return nil
}
