package adminapi

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A User is a customer: a person with keys.
type User struct {
	UserID        pierre.UserID `json:"user_id"`
	UserEmail     string        `json:"user_email"`
	CustomerLimit *RateLimit    `json:"customer_limit"` // of all keys together, whatever their tiers are; null: the tiers'
	Notes         string        `json:"notes"`
	Keys          int64         `json:"keys"`
	ActiveKeys    int64         `json:"active_keys"`
	CallsInMonth  int64         `json:"calls_this_month"`
	LastUsedAt    *time.Time    `json:"last_used_at"`
	CreatedAt     time.Time     `json:"created_at"`
}

// A UserAnswer is one user.
type UserAnswer struct {
	Success bool `json:"success"`
	User    User `json:"user"`
}

// A UserList is a page of users, newest first.
type UserList struct {
	Success    bool    `json:"success"`
	Users      []User  `json:"users"`
	NextCursor *string `json:"next_cursor"` // null on the last page
}

// A DeletedUser answers the deletion of a user.
type DeletedUser struct {
	Success   bool          `json:"success"`
	UserID    pierre.UserID `json:"user_id"`
	Keys      int           `json:"keys"` // that ended with the user
	DeletedAt time.Time     `json:"deleted_at"`
}

// A UserUpdate changes the fields that are there.
type UserUpdate struct {
	Tier          *pierre.Tier           `json:"tier,omitempty"` // of all active keys
	CustomerLimit Nullable[pierre.Limit] `json:"customer_limit,omitzero"`
	Notes         *string                `json:"notes,omitempty"`
}

const maxNotes = 4000 // characters

// Validate reports what is wrong with the request.
func (u UserUpdate) Validate() error {
	if reflect.ValueOf(u).IsZero() {
		return pierre.Invalid("", "The request changes nothing; give at least one of tier, customer_limit, notes.")
	}
	return u.change(&pierre.User{})
}

func (u UserUpdate) change(user *pierre.User) error {
	set(&user.Limit, u.CustomerLimit)
	if err := notNothing("customer_limit", u.CustomerLimit); err != nil {
		return err
	}
	if user.Limit.Validate() != nil {
		return pierre.Invalid("customer_limit", `customer_limit must be such as {"requests":1000,"period":"month"}, or null.`)
	}
	if u.Notes != nil {
		user.Notes = strings.TrimSpace(*u.Notes)
		return checkLines("notes", user.Notes, maxNotes)
	}
	return nil
}

func viewOfUser(c pierre.Customer) User {
	return User{
		UserID: c.ID, UserEmail: c.Email, CustomerLimit: limitOf(c.Limit), Notes: c.Notes, Keys: c.Keys, ActiveKeys: c.ActiveKeys,
		CallsInMonth: c.Calls, LastUsedAt: instant(c.LastUsed), CreatedAt: c.Created.Truncate(time.Second),
	}
}

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	params, err := web.Query(r, "email", "limit", "cursor")
	if err != nil {
		return err
	}
	// An unencoded + arrives as a space, which no address has.
	q := pierre.CustomerQuery{EmailPart: strings.ReplaceAll(params.Get("email"), " ", "+"), At: s.now(), Cursor: params.Get("cursor")}
	const maxPart = 254
	if len(q.EmailPart) > maxPart {
		return pierre.Invalid("email", "email must have at most %d bytes: a part of an address.", maxPart)
	}
	if q.Limit, err = web.PageSize(params); err != nil {
		return err
	}
	page, err := s.store.Customers(r.Context(), q)
	if err != nil {
		return err
	}
	answer := UserList{Success: true, Users: make([]User, len(page.Customers)), NextCursor: orNull(page.NextCursor)}
	for n, c := range page.Customers {
		answer.Users[n] = viewOfUser(c)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	id, err := userID(r)
	if err != nil {
		return err
	}
	return s.answerUser(w, r, id)
}

func (s *Server) answerUser(w http.ResponseWriter, r *http.Request, id pierre.UserID) error {
	c, err := s.store.Customer(r.Context(), id, pierre.CustomerQuery{At: s.now()})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, UserAnswer{true, viewOfUser(c)})
}

func (s *Server) updateUser(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[UserUpdate](w, r)
	if err != nil {
		return err
	}
	id, err := userID(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	var tier pierre.Tier
	if req.Tier != nil {
		plan, err := s.store.Plan(r.Context(), *req.Tier)
		if err != nil {
			return err
		}
		tier = plan.Tier
	}
	if err := s.store.UpdateCustomer(r.Context(), act, id, tier, req.change); err != nil {
		return err
	}
	s.opts.Keys.AllChanged()
	return s.answerUser(w, r, id)
}

func (s *Server) deleteUser(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	id, err := userID(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	if _, err := s.store.Customer(r.Context(), id, pierre.CustomerQuery{At: s.now()}); err != nil {
		return err
	}
	s.opts.Leave(r.Context(), id)
	keys, err := s.store.DeleteCustomer(r.Context(), act, id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		s.opts.Keys.Revoked(k)
	}
	return web.WriteJSON(w, http.StatusOK, DeletedUser{true, id, len(keys), act.At.Truncate(time.Second)})
}

// userID returns the id in the path. What cannot be one is not looked for, and not repeated: it may be an e-mail address.
func userID(r *http.Request) (pierre.UserID, error) {
	id := r.PathValue("id")
	if !isID(id, "user_") {
		return "", &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no user with this id. Ids begin with user_; GET /admin/users lists them."}
	}
	return pierre.UserID(id), nil
}
