package pierre

import "time"

// A ConnectionStatus says whether a connection works.
type ConnectionStatus string

// The statuses.
const (
	ConnectionActive ConnectionStatus = "active"
	// ConnectionBroken is one whose credentials the provider no longer accepts: the athlete has to connect again.
	ConnectionBroken ConnectionStatus = "reconnect"
)

// A Connection is an athlete's consent that data is fetched from an account at a provider.
type Connection struct {
	UserID     UserID
	Provider   Provider
	Account    string // the provider's own id of the athlete; "": it does not say
	Sealed     []byte // the credentials, encrypted for [ConnectionPurpose]
	Generation int64  // of the credentials: each change raises it
	Status     ConnectionStatus
	Sync       SyncState
	Connected  time.Time
	Due        time.Time // when to fetch next
}

// A SyncState is how far fetching has come, and what went wrong. Only who has the connection's lease changes it.
type SyncState struct {
	Streams    map[string]StreamState `json:"streams,omitempty"`     // by the name of what is fetched, such as activities
	Refused    []string               `json:"refused,omitempty"`     // of what is fetched, by name, what the athlete gave no access to
	FailedText string                 `json:"failed_text,omitempty"` // of the last recording that could not be read
	Problem    string                 `json:"problem,omitempty"`     // why the last try ended early, for the athlete; "": it did not
	Tries      int                    `json:"tries,omitempty"`       // that failed in a row
	Tried      time.Time              `json:"tried,omitzero"`
	Synced     time.Time              `json:"synced,omitzero"` // when a try last came to its end
}

// A StreamState is how far one kind of data was fetched. History is fetched backwards, window by window, after what is new.
type StreamState struct {
	Until time.Time `json:"until,omitzero"` // all until then was fetched
	Back  time.Time `json:"back,omitzero"`  // all from then on was fetched
	Done  bool      `json:"done,omitempty"` // all of the history was
	// The window that is being fetched, and its next page; zero: none.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Page string    `json:"page,omitempty"`
}

// ConnectionPurpose returns what the credentials of a connection are sealed for.
func ConnectionPurpose(user UserID, provider Provider) []byte {
	return []byte("connections\x00" + string(user) + "\x00" + string(provider))
}

// A ConnectionLink is an invitation to connect, which the athlete got from a tool. It is kept by the SHA-256 of its token.
type ConnectionLink struct {
	Token    [32]byte
	UserID   UserID
	Provider Provider
	Expires  time.Time
}

// A FetchOutcome says what became of something that a provider lists.
type FetchOutcome string

// The outcomes.
const (
	FetchKept   FetchOutcome = "kept"
	FetchLeft   FetchOutcome = "left"   // the provider does not give it to others
	FetchFailed FetchOutcome = "failed" // it cannot be read
	FetchGone   FetchOutcome = "gone"   // the athlete deleted its activity here, and it stays deleted
	FetchRetry  FetchOutcome = "retry"  // it could not be fetched so far
	FetchNoted  FetchOutcome = "noted"  // it is no recording: its values were kept
)

// A FetchedItem is what is remembered of something that a provider listed, so that it is fetched once.
type FetchedItem struct {
	ID      string // the provider's own
	Version string // another one means that it has changed
	Outcome FetchOutcome
	Tries   int // of [FetchRetry]
}

// FetchedCounts are how many of the things that a connection's provider listed came to what.
type FetchedCounts struct {
	Kept, Left, Failed int // recordings
	Values             int // of days, from this provider
}

// A Fetched is a recording that comes from an account at a provider: a file, or what an API says in place of one.
type Fetched struct {
	Provider   Provider
	ExternalID string // the provider's own identifier
	Title      string // as the athlete calls it; "": not said
	Words      Impression
	File       string // name of the file, or what stands for it
	Content    []byte // of the file; nil: there is none
	Recording  *Recording
}
