package clientapi

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Athlete is one of the athletes of the key's customer. In answers a missing value is null.
type Athlete struct {
	Name           pierre.AthleteName `json:"name"`
	CreatedAt      time.Time          `json:"created_at"`
	Activities     int                `json:"activities"`
	LastActivityAt *time.Time         `json:"last_activity_at"`
}

// An AthleteAnswer is one athlete.
type AthleteAnswer struct {
	Success bool    `json:"success"`
	Athlete Athlete `json:"athlete"`
}

// An AthleteList is a page of athletes, those that were made last first.
type AthleteList struct {
	Success    bool      `json:"success"`
	Athletes   []Athlete `json:"athletes"`
	NextCursor *string   `json:"next_cursor"`
}

func viewAthlete(a pierre.Athlete) Athlete {
	return Athlete{a.Name, a.Created.Truncate(time.Second), a.Activities, instant(a.LastActivity)}
}

// instant is null for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	params, err := web.Query(r, "limit", "cursor")
	if err != nil {
		return err
	}
	size, err := web.PageSize(params)
	if err != nil {
		return err
	}
	page, err := s.athletes.Athletes(r.Context(), pierre.AthleteQuery{Customer: caller.Customer, Limit: size, Cursor: params.Get("cursor")})
	if err != nil {
		return err
	}
	answer := AthleteList{Success: true, Athletes: make([]Athlete, len(page.Athletes))}
	for i, a := range page.Athletes {
		answer.Athletes[i] = viewAthlete(a)
	}
	if page.NextCursor != "" {
		answer.NextCursor = &page.NextCursor
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	name, err := athleteName(r)
	if err != nil {
		return err
	}
	a, err := s.athletes.Athlete(r.Context(), caller.Customer, name)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return access.UnknownAthlete()
	}
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, AthleteAnswer{true, viewAthlete(a)})
}

// delete answers the same whether there was an athlete of that name, so that it can be repeated.
func (s *Server) delete(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	name, err := athleteName(r)
	if err != nil {
		return err
	}
	a, err := s.athletes.Athlete(r.Context(), caller.Customer, name)
	if err == nil {
		s.opts.Leave(r.Context(), a.ID)
	} else if pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	act := pierre.Act{Person: string(caller.KeyID), At: s.opts.Now().UTC()}
	id, err := s.athletes.DeleteAthlete(r.Context(), act, caller.Customer, name)
	if id != "" {
		s.opts.Keys.AthleteDeleted(id)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func athleteName(r *http.Request) (pierre.AthleteName, error) {
	if _, err := web.Query(r); err != nil {
		return "", err
	}
	return pierre.ParseAthleteName("name", r.PathValue("name"))
}
