package pierre

import "time"

// An ImportOutcome says what a recording did to its user's activities.
type ImportOutcome string

// The outcomes.
const (
	OutcomeAdded     ImportOutcome = "added"     // it is a new activity
	OutcomeMerged    ImportOutcome = "merged"    // it is one more source of an activity
	OutcomeUpdated   ImportOutcome = "updated"   // its source was known, and said something else before
	OutcomeUnchanged ImportOutcome = "unchanged" // it was known
	OutcomeDeleted   ImportOutcome = "deleted"   // the athlete deleted it, and it is left out
)

// An Addition is what came of importing one recording.
type Addition struct {
	Activity ActivityID
	Outcome  ImportOutcome
	Others   []Source // the activity's other sources
	Damaged  []string // files of which the kept samples, with which it was compared, cannot be read
}

// An ImportStatus says what became of one file of an upload.
type ImportStatus string

// The statuses.
const (
	ImportImported  ImportStatus = "imported"  // at least one new activity, or value of a day that is new or has changed
	ImportDuplicate ImportStatus = "duplicate" // of what is there already
	ImportSkipped   ImportStatus = "skipped"   // neither an activity nor values of days
	ImportFailed    ImportStatus = "failed"    // not readable
)

// An ImportRow is the report on one file of an upload, or on one activity that an export lists without a file.
type ImportRow struct {
	File       string         `json:"file"` // its path inside the upload
	Status     ImportStatus   `json:"status"`
	Reason     string         `json:"reason,omitempty"`
	Warnings   []string       `json:"warnings,omitempty"`
	Activities []ActivityID   `json:"activities,omitempty"` // that the file is now a source of
	Added      []NewActivity  `json:"added,omitempty"`      // those of them that are new
	Days       []ImportedDays `json:"days,omitempty"`       // what it says about days, by kind
	Deleted    bool           `json:"-"`                    // skipped, because the athlete deleted what is in it; the reason says so
}

// ImportedDays is what a report says of the values of one kind that a file has of days, such as resting heart rates.
type ImportedDays struct {
	Kind    WellnessKind `json:"kind"`
	Source  Provider     `json:"source"`
	Days    int          `json:"days"`    // that have one
	Changed int          `json:"changed"` // values that are new, or differ from what was kept
	First   string       `json:"first"`   // 2006-01-02
	Last    string       `json:"last"`
}

// A NewActivity is what a report says of an activity that an import added.
type NewActivity struct {
	Sport Sport     `json:"sport"`
	Start time.Time `json:"start"`
}

// An ImportSummary counts the rows of a report.
type ImportSummary struct {
	Files      int `json:"files"`
	Imported   int `json:"imported"`
	Duplicate  int `json:"duplicate"`
	Skipped    int `json:"skipped"`
	Failed     int `json:"failed"`
	Activities int `json:"activities"`       // new ones
	Values     int `json:"values,omitempty"` // of days, that are new or have changed
}

// Count adds the row to s.
func (s *ImportSummary) Count(row ImportRow) {
	s.Files++
	for _, d := range row.Days {
		s.Values += d.Changed
	}
	switch row.Status {
	case ImportImported:
		s.Imported++
	case ImportDuplicate:
		s.Duplicate++
	case ImportSkipped:
		s.Skipped++
	default:
		s.Failed++
	}
}

// Add adds the counts of other to s.
func (s *ImportSummary) Add(other ImportSummary) {
	s.Files += other.Files
	s.Imported += other.Imported
	s.Duplicate += other.Duplicate
	s.Skipped += other.Skipped
	s.Failed += other.Failed
	s.Activities += other.Activities
	s.Values += other.Values
}

// Size returns about how many bytes the row takes.
func (r ImportRow) Size() int {
	const fixed, id, added, days = 64, 40, 80, 140
	n := fixed + len(r.File) + len(r.Reason) + id*len(r.Activities) + added*len(r.Added) + days*len(r.Days)
	for _, w := range r.Warnings {
		n += len(w)
	}
	return n
}

// An ImportReport accounts for every file of an upload. Its summary counts all of
// them; of very many, the rows of some are left out.
type ImportReport struct {
	Files   []ImportRow   `json:"files"`
	Omitted int           `json:"files_omitted,omitempty"`
	Summary ImportSummary `json:"summary"`
}

// A HealthReport accounts for what an app sent of one's health.
type HealthReport struct {
	Message string `json:"message"` // what became of it, in a sentence or two
	ImportReport
}

// An ImportProgress says how far an import is.
type ImportProgress struct {
	FilesDone  int    `json:"files_done"`
	FilesTotal int    `json:"files_total,omitempty"` // 0: not known yet, which is so while an archive inside the upload is unopened
	Current    string `json:"current,omitempty"`     // the path of the file that is being read
}

// An ImportFailure says why an import could not go on. Its members are those of a problem document (RFC 9457).
type ImportFailure struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

// The types of an [ImportLine].
const (
	ImportLineProgress = "progress" // any number of them
	ImportLineReport   = "report"   // the last one
	ImportLineError    = "error"    // the last one, in place of a report
)

// An ImportLine is one line of an import's streamed answer. The member that
// belongs to its type is set, and its fields stand beside the type.
type ImportLine struct {
	Type string `json:"type"`
	*ImportProgress
	*ImportReport
	*ImportFailure
}
