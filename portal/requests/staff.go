package requests

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const (
	pageSize    = 50
	similarMost = 10
	mailsMost   = 20
)

// A listPage is the queue of requests.
type listPage struct {
	Query, State string
	States       []ui.Choice
	Filtered     bool
	Waiting      int64
	Oldest       time.Time
	Rows         []listRow
	Pages        ui.Pages
}

type listRow struct {
	ID, Email, Company string
	Plan, Note         string
	Badge              ui.Badge
	Created            time.Time
}

// stateChoices are what the list can be filtered by; "" is what waits for a decision.
func stateChoices() []ui.Choice {
	list := []ui.Choice{{Value: "", Text: "Waiting for a decision"}, {Value: "all", Text: "All states"}}
	for _, st := range db.RequestStates() {
		if st != db.RequestVerified {
			list = append(list, ui.Choice{Value: string(st), Text: badgeOf(db.Request{State: st}).Text})
		}
	}
	return list
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := db.RequestFilter{Text: strings.TrimSpace(q.Get("q")), Limit: pageSize, Cursor: q.Get("cursor"), State: db.RequestVerified}
	if state := q.Get("state"); state != "" {
		f.State, f.Newest = db.RequestState(state), true
		if state == "all" {
			f.State = ""
		}
	}
	counts, err := s.db.CountRequests(r.Context())
	if err != nil {
		return err
	}
	found, err := s.db.Requests(r.Context(), f)
	if err != nil {
		return err
	}
	page := listPage{
		Query: f.Text, State: q.Get("state"), States: stateChoices(), Filtered: f.Text != "" || q.Get("state") != "",
		Waiting: counts[db.RequestVerified].N, Oldest: counts[db.RequestVerified].Oldest,
		Pages: ui.PagesOf(r, found.Next, ""),
	}
	for _, req := range found.Requests {
		page.Rows = append(page.Rows, rowOf(req))
	}
	return s.pages.Page(w, r, http.StatusOK, Set+"/list", page)
}

func rowOf(r db.Request) listRow {
	row := listRow{ID: r.ID, Email: r.Email, Company: r.Company, Plan: ui.Capital(string(r.Tier)), Badge: badgeOf(r), Created: r.Created}
	switch {
	case r.State == db.RequestVerified && r.FirstBy != "":
		row.Note = "one of two approvals"
	case r.State == db.RequestVerified && r.AnswerHash != "":
		row.Note = "a question is open"
	case r.Failure != "":
		row.Note = "the key could not be made yet"
	}
	return row
}

func badgeOf(r db.Request) ui.Badge {
	switch r.State {
	case db.RequestSubmitted:
		return ui.Badge{Text: "Address not confirmed"}
	case db.RequestVerified:
		return ui.Badge{Text: "To decide", Tone: "warn"}
	case db.RequestApproved:
		if r.Failure != "" {
			return ui.Badge{Text: "Approved, no key yet", Tone: "bad"}
		}
		return ui.Badge{Text: "Approved", Tone: "info"}
	case db.RequestProvisioned:
		return ui.Badge{Text: "Key not shown yet", Tone: "info"}
	case db.RequestClaimed:
		return ui.Badge{Text: "Key in use", Tone: "good"}
	case db.RequestRejected:
		return ui.Badge{Text: "Rejected", Tone: "bad"}
	case db.RequestExpired:
		return ui.Badge{Text: "Expired"}
	default:
		return ui.Badge{Text: "Withdrawn"}
	}
}

// A requestPage is a request with its history.
type requestPage struct {
	R          db.Request
	Badge      ui.Badge
	Asked      string // the plan
	Conflict   string // what kept the last decision from being made
	Open       bool   // it can be decided
	MayDecide  bool
	Role       route.Role
	First      string // who approved first
	Approve    ui.Form
	Ask        ui.Form
	Reject     ui.Form
	Tiers      []ui.Choice
	Types      []ui.Choice
	Periods    []ui.Choice
	ClaimUntil time.Time
	Events     []db.RequestEvent
	Similar    []listRow
	Mails      []mailRow
}

type mailRow struct {
	Subject string
	Written time.Time
	Badge   ui.Badge
	Failure string // why it was not delivered, or not yet; "": nothing went wrong
	Dead    bool   // it is not tried any more
}

// typed is what was typed into the forms of a request's page.
type typed struct {
	approve, ask, reject ui.Form
	conflict             string
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	return s.writeRequest(w, r, http.StatusOK, typed{})
}

func (s *Service) writeRequest(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	ctx := r.Context()
	req, err := s.db.Request(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	person, _ := route.PersonFrom(ctx)
	page := requestPage{
		R: req, Badge: badgeOf(req), Asked: ui.Capital(string(req.Tier)), Conflict: in.conflict, Open: req.State == db.RequestVerified,
		MayDecide: person.May(route.Approver), Role: person.Role, Approve: in.approve, Ask: in.ask, Reject: in.reject,
		Types:   []ui.Choice{{Value: string(pierre.KeyPersonal), Text: "A person"}, {Value: string(pierre.KeyApplication), Text: "An application"}},
		Periods: []ui.Choice{{Value: "month", Text: "month"}, {Value: "day", Text: "day"}, {Value: "hour", Text: "hour"}, {Value: "minute", Text: "minute"}},
	}
	if req.FirstBy != "" {
		page.First = req.FirstBy + " approved this request. Somebody else must approve the same plan. Whoever changes it is the first of two again."
	}
	if page.Approve.Values == nil {
		page.Approve.Values = prefilled(req)
	}
	if page.Reject.Values == nil {
		page.Reject.Values = url.Values{"reason": {rejection}}
	}
	if err := s.fill(ctx, &page); err != nil {
		return err
	}
	return s.pages.Page(w, r, status, Set+"/request-staff", page)
}

// rejection is what a rejection says unless something else is typed.
const rejection = "From what you wrote we could not see how the key will be used. You are welcome to ask again with more details."

// fill adds what the page shows beside the request.
func (s *Service) fill(ctx context.Context, page *requestPage) error {
	var err error
	if page.Events, err = s.db.RequestEvents(ctx, page.R.ID); err != nil {
		return err
	}
	similar, err := s.db.SimilarRequests(ctx, page.R, similarMost)
	if err != nil {
		return err
	}
	for _, r := range similar {
		page.Similar = append(page.Similar, rowOf(r))
	}
	mails, err := s.outbox.To(ctx, page.R.Email)
	if err != nil {
		return err
	}
	for _, m := range mails[:min(len(mails), mailsMost)] {
		page.Mails = append(page.Mails, mailRow{m.Subject, m.Written, mailBadge(m), m.Failure, m.State == db.MailDead})
	}
	if page.R.KeyID != "" && page.R.Claimed.IsZero() {
		if c, err := s.db.LastClaim(ctx, page.R.ID); err == nil {
			page.ClaimUntil = c.Until
		}
	}
	return s.fillTiers(ctx, page)
}

// fillTiers adds the plans. Without the server the one that was asked for is left, and the page can be read.
func (s *Service) fillTiers(ctx context.Context, page *requestPage) error {
	if !page.Open || !page.MayDecide {
		return nil
	}
	tiers, err := s.serverTiers(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tiers = []TierInfo{{Name: page.R.Tier, Title: ui.Capital(string(page.R.Tier))}}
	}
	for _, t := range tiers {
		c := t.Choice()
		if c.Note != "" {
			c.Text += " · " + c.Note
		}
		page.Tiers = append(page.Tiers, c)
	}
	return nil
}

func mailBadge(m db.Mail) ui.Badge {
	switch m.State {
	case db.MailSent:
		return ui.Badge{Text: "Sent", Tone: "good"}
	case db.MailDead:
		return ui.Badge{Text: "Not delivered", Tone: "bad"}
	default:
		return ui.Badge{Text: "On its way", Tone: "info"}
	}
}
