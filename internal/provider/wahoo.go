package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const wahooPage = 30

// wahoo is Wahoo's Cloud API: https://cloud-api.wahooligan.com/. It lists workouts with the newest in front.
func wahoo() Provider {
	return Provider{
		Name: pierre.ProviderWahoo, Title: "Wahoo", API: "https://api.wahooligan.com", Files: "https://cdn.wahooligan.com", Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://api.wahooligan.com/oauth/authorize", Token: "https://api.wahooligan.com/oauth/token",
			Scopes: []string{"user_read", "workouts_read", "offline_data"}, Needs: []string{"workouts_read"}, Style: oauth2.AuthStyleInParams,
		},
		Every: time.Hour,
		Account: func(ctx context.Context, c *Client, _ *oauth2.Token) (string, error) {
			var who struct {
				ID int64 `json:"id"`
			}
			err := c.Get(ctx, "/v1/user", nil, &who)
			return strconv.FormatInt(who.ID, 10), err
		},
		Leave: func(ctx context.Context, c *Client) error {
			return c.Send(ctx, http.MethodDelete, "/v1/permissions", nil, nil)
		},
		Streams: []Stream{{Name: "workouts", List: wahooWorkouts}},
		Hook:    &Hook{Accounts: wahooAccounts},
	}
}

func wahooWorkouts(ctx context.Context, c *Client, w Window) (Page, error) {
	number, err := strconv.Atoi(w.Page)
	if err != nil {
		number = 1
	}
	var list struct {
		Workouts []struct {
			ID      int64  `json:"id"`
			Name    string `json:"name"`
			Updated string `json:"updated_at"`
			Summary *struct {
				File struct {
					URL string `json:"url"`
				} `json:"file"`
			} `json:"workout_summary"`
		} `json:"workouts"`
		Total int `json:"total"`
	}
	err = c.Get(ctx, "/v1/workouts", url.Values{"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(wahooPage)}}, &list)
	if err != nil {
		return Page{}, err
	}
	page := Page{Newest: true}
	if number*wahooPage < list.Total {
		page.Next = strconv.Itoa(number + 1)
	}
	for _, o := range list.Workouts {
		if o.Summary == nil || o.Summary.File.URL == "" {
			continue // planned, or not finished
		}
		id := strconv.FormatInt(o.ID, 10)
		page.Items = append(page.Items, Item{
			ID: id, Version: versionOf(o.Updated),
			Load: func(ctx context.Context) (pierre.Fetched, error) {
				content, err := c.File(ctx, o.Summary.File.URL)
				return pierre.Fetched{Title: o.Name, File: "wahoo " + id + ".fit", Content: content}, err
			},
		})
	}
	return page, nil
}

// wahooAccounts reads a call, which has the token that was agreed in its body.
func wahooAccounts(_ *http.Request, body []byte, app App) ([]string, error) {
	var event struct {
		Token string `json:"webhook_token"`
		User  struct {
			ID int64 `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, badCall(err)
	}
	if !equal(event.Token, app.WebhookSecret) {
		return nil, forged()
	}
	return []string{fmt.Sprint(event.User.ID)}, nil
}
