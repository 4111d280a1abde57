// Package exportfile is the format of the archives in which people take all their data away: which files there are, what is in
// them, and how they are called. It is used by who writes such archives (package exporter) and by who reads them. docs/EXPORT.md
// describes the format for people.
package exportfile

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Format and Version are what the manifest of an archive says of itself.
const (
	Format  = "pierre-export"
	Version = 1
)

// The files of an archive, besides the recordings. Those in .jsonl hold one JSON object a line.
const (
	ManifestFile    = "pierre-export.json" // the last file of an archive: without it the archive is not complete
	AccountFile     = "account.json"
	ActivitiesFile  = "activities.jsonl"
	ProfileFile     = "profile.json"
	GoalsFile       = "goals.json"
	WorkoutsFile    = "workouts.json"
	GearFile        = "gear.json"
	WellnessFile    = "wellness.jsonl"
	ConnectionsFile = "connections.json"
	DeletedFile     = "deleted_recordings.jsonl"
	UsageFile       = "usage.jsonl"
)

// A Manifest says what an archive is, and that it is complete.
type Manifest struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Created    time.Time `json:"created_at"`
	Server     string    `json:"server_version"`
	Activities int       `json:"activities"` // lines of activities.jsonl
	Written    int       `json:"written"`    // FIT files that were written from what is kept
	Originals  int       `json:"originals"`  // files as they were imported
	Damaged    int       `json:"damaged_originals,omitempty"`
	Values     int       `json:"values_of_days"`
}

// An Activity is one activity: a line of activities.jsonl.
type Activity struct {
	ID          pierre.ActivityID  `json:"id"`
	Start       time.Time          `json:"start_time"`
	UTCOffset   *int               `json:"utc_offset_seconds,omitempty"`
	Provider    pierre.Provider    `json:"provider"`
	Name        string             `json:"name,omitempty"`
	Description string             `json:"description,omitempty"`
	Sport       pierre.Sport       `json:"sport_type"`
	SportName   string             `json:"sport_name,omitempty"`
	Indoor      bool               `json:"indoor,omitempty"`
	Race        bool               `json:"race,omitempty"`
	Device      string             `json:"device,omitempty"`
	Multisport  string             `json:"multisport_id,omitempty"`
	Warnings    []string           `json:"warnings,omitempty"`
	Hidden      bool               `json:"hidden,omitempty"`
	Sides       pierre.Sides       `json:"sides,omitempty"` // by which it is kept apart from others
	Twin        pierre.ActivityID  `json:"counts_as,omitempty"`
	Said        *pierre.Annotation `json:"annotation,omitempty"` // what the athlete told this program
	Written     string             `json:"file,omitempty"`       // in the archive: written from all that is kept of the activity, whose primary source has no original
	Sources     Sources            `json:"sources"`
	pierre.Impression
	pierre.Totals
}

// Sources are where an activity was read.
type Sources []Source

// MaxSources is how many sources of an activity are decoded. No server keeps more.
const MaxSources = 32

// UnmarshalJSON decodes no more than the first [MaxSources]: an edited list may have very many empty ones in a line.
func (s *Sources) UnmarshalJSON(b []byte) error {
	*s = nil
	d := json.NewDecoder(bytes.NewReader(b))
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil: // null
		return nil
	case t != json.Delim('['):
		return errors.New("the sources are no list")
	}
	for d.More() && len(*s) < MaxSources {
		var src Source
		if err := d.Decode(&src); err != nil {
			return err
		}
		*s = append(*s, src)
	}
	return nil
}

// A Source is where an activity was read.
type Source struct {
	Provider   pierre.Provider `json:"provider"`
	ExternalID string          `json:"external_id,omitempty"`
	Name       string          `json:"name"`           // of the file, as it was imported
	Format     string          `json:"format"`         // fit, gpx, tcx, csv, xml or json
	SHA256     string          `json:"sha256"`         // hexadecimal: of the file, decompressed, or of the row of a table
	Part       int             `json:"part,omitempty"` // which activity of the file
	LocalTimes bool            `json:"local_times,omitempty"`
	Start      time.Time       `json:"start_time,omitzero"`        // by this source alone
	Original   string          `json:"original,omitempty"`         // in the archive: the file as it was imported, decompressed
	Damaged    bool            `json:"original_damaged,omitempty"` // it was kept, but is not any more what was imported
	Written    string          `json:"file,omitempty"`             // in the archive: written from what is kept of this source alone
	Imported   time.Time       `json:"imported_at"`
	Primary    bool            `json:"primary,omitempty"`
}

// An Account says whose data it is, and which keys and apps have access to it, without what makes these work.
type Account struct {
	ID       pierre.UserID        `json:"id"`
	Email    string               `json:"email,omitempty"`
	Athlete  pierre.AthleteName   `json:"athlete,omitempty"` // the name by which an application knows the athlete
	Notes    string               `json:"operator_notes,omitempty"`
	Limit    *pierre.Limit        `json:"limit,omitempty"`
	Created  time.Time            `json:"created_at"`
	Keys     []Key                `json:"api_keys"`
	Athletes []pierre.AthleteName `json:"athletes,omitempty"` // of the account's application: each has an export of its own
	Calendar *Calendar            `json:"calendar_subscription,omitempty"`
}

// A Calendar is a secret address at which calendar programs read what is planned, without the address.
type Calendar struct {
	Created time.Time `json:"created_at"`
	Read    time.Time `json:"last_read_at,omitzero"`
}

// A Key is an access key, without the key.
type Key struct {
	ID          pierre.KeyID   `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Type        pierre.KeyType `json:"type,omitempty"`
	Tier        pierre.Tier    `json:"tier"`
	Prefix      string         `json:"prefix"`
	Created     time.Time      `json:"created_at"`
	Expires     time.Time      `json:"expires_at,omitzero"`
	Revoked     time.Time      `json:"revoked_at,omitzero"`
	LastUsed    time.Time      `json:"last_used_at,omitzero"`
	Apps        []App          `json:"connected_apps,omitempty"`
}

// An App was given access with a key.
type App struct {
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Created time.Time `json:"created_at"`
	Used    time.Time `json:"last_used_at,omitzero"`
}

// A Profile is what is known of the athlete, and how it was before.
type Profile struct {
	pierre.Profile

	Imported []string       `json:"imported,omitempty"` // the fields whose value a file said
	History  []ProfileValue `json:"history,omitempty"`
}

// A ProfileValue is what a field was from a day on.
type ProfileValue struct {
	Field    string  `json:"field"`
	From     string  `json:"from"` // 2006-01-02
	Value    float64 `json:"value"`
	FromFile bool    `json:"from_file,omitempty"`
}

// A Goal is what the athlete wants to reach.
type Goal struct {
	ID pierre.GoalID `json:"id"`
	pierre.Goal

	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

// A Workout is what the athlete planned for a day.
type Workout struct {
	ID  pierre.WorkoutID `json:"id"`
	Day string           `json:"day"` // 2006-01-02, on the athlete's calendar
	pierre.Workout

	Revision int       `json:"revision,omitempty"` // how often it was changed, by which calendar programs tell what is newer
	Created  time.Time `json:"created_at"`
	Updated  time.Time `json:"updated_at"`
}

// Gear is what shoes and bicycles have done, added up from the activities.
type Gear struct {
	Name            string    `json:"name"`
	Make            string    `json:"make,omitempty"`
	Model           string    `json:"model,omitempty"`
	Activities      int       `json:"activities"`
	DistanceMeters  *float64  `json:"distance_meters,omitempty"`
	DurationSeconds *float64  `json:"duration_seconds,omitempty"`
	First           time.Time `json:"first_used_at,omitzero"`
	Last            time.Time `json:"last_used_at,omitzero"`
}

// A Value is one value of a day: a line of wellness.jsonl.
type Value struct {
	Day    string              `json:"day"` // 2006-01-02, on the athlete's calendar
	Kind   pierre.WellnessKind `json:"kind"`
	Source pierre.Provider     `json:"source"`
	Value  float64             `json:"value"`
	Unit   string              `json:"unit,omitempty"`
}

// A Connection is an account at another service that the athlete connected, without what gives access to it.
type Connection struct {
	Provider  pierre.Provider         `json:"provider"`
	Account   string                  `json:"account,omitempty"`
	Status    pierre.ConnectionStatus `json:"status"`
	Connected time.Time               `json:"connected_at"`
	Sync      pierre.SyncState        `json:"sync"`
	Kept      int                     `json:"recordings_kept"`
	Left      int                     `json:"recordings_left"` // that the service does not give to others
	Failed    int                     `json:"recordings_failed"`
}

// A Deleted is a recording that the athlete deleted, so that an import leaves it out: a line of deleted_recordings.jsonl.
type Deleted struct {
	Provider   pierre.Provider   `json:"provider"`
	ExternalID string            `json:"external_id,omitempty"`
	SHA256     string            `json:"sha256"`
	Part       int               `json:"part,omitempty"`
	Activity   pierre.ActivityID `json:"activity_id"`
	Deleted    time.Time         `json:"deleted_at"`
}

// A Usage is the tool calls of a day, by tool: a line of usage.jsonl.
type Usage struct {
	Day         string `json:"day"` // 2006-01-02, UTC
	Tool        string `json:"tool"`
	Succeeded   int64  `json:"succeeded"`
	Failed      int64  `json:"failed"`
	RateLimited int64  `json:"rate_limited"`
}

// maxManifest is how many bytes of a manifest are read.
const maxManifest = 64 << 10

// ErrIncomplete says that an archive lacks its end.
var ErrIncomplete = errors.New("the archive is not complete")

// Check reads the manifest of the archive in r, of size bytes. An archive that was cut off is [ErrIncomplete].
func Check(r io.ReaderAt, size int64) (Manifest, error) {
	var m Manifest
	z, err := zip.NewReader(r, size)
	if err != nil {
		return m, fmt.Errorf("%w: %v", ErrIncomplete, err)
	}
	f, err := z.Open(ManifestFile)
	if err != nil {
		return m, fmt.Errorf("%w: it has no %s", ErrIncomplete, ManifestFile)
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return m, fmt.Errorf("reading %s: %w", ManifestFile, err)
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Format != Format {
		return m, fmt.Errorf("%s is not the manifest of an export", ManifestFile)
	}
	return m, nil
}
