package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// polar is Polar AccessLink v3: https://www.polar.com/accesslink-api/. It lists the exercises of the last 30 days that were
// uploaded after the account was connected, and nights of the last 28 days. Tokens do not end.
func polar() Provider {
	return Provider{
		Name: pierre.ProviderPolar, Title: "Polar", API: "https://www.polaraccesslink.com", Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://flow.polar.com/oauth2/authorization", Token: "https://polarremote.com/v2/oauth2/token",
			Scopes: []string{"accesslink.read_all"}, Style: oauth2.AuthStyleInHeader,
		},
		Every:   time.Hour,
		Account: polarRegister,
		Leave: func(ctx context.Context, c *Client) error {
			return c.Send(ctx, http.MethodDelete, "/v3/users/"+url.PathEscape(c.conn.Account), nil, nil)
		},
		Streams: []Stream{
			{Name: "exercises", List: polarExercises},
			{Name: "sleep", List: polarSleep},
			{Name: "recharge", List: polarRecharge},
		},
		Hook: &Hook{Accounts: polarAccounts},
	}
}

// polarRegister makes the athlete known to AccessLink, without which it gives no data. 409 says that it is so already.
func polarRegister(ctx context.Context, c *Client, granted *oauth2.Token) (string, error) {
	id, ok := granted.Extra("x_user_id").(float64)
	if !ok {
		return "", &malformedError{errors.New("the answer names no user")}
	}
	account := strconv.FormatFloat(id, 'f', 0, 64)
	err := c.SendJSON(ctx, http.MethodPost, "/v3/users", map[string]string{"member-id": "pierre-" + account}, nil)
	if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusConflict {
		err = nil
	}
	return account, err
}

func polarExercises(ctx context.Context, c *Client, _ Window) (Page, error) {
	var list []struct {
		ID       string `json:"id"`
		Uploaded string `json:"upload_time"`
		Start    string `json:"start_time"`
	}
	if err := c.Get(ctx, "/v3/exercises", nil, &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, e := range list {
		page.Items = append(page.Items, Item{
			ID: e.ID, Version: versionOf(e.Start, e.Uploaded),
			Load: func(ctx context.Context) (pierre.Fetched, error) {
				content, err := c.File(ctx, "/v3/exercises/"+url.PathEscape(e.ID)+"/fit")
				return pierre.Fetched{File: "polar " + e.ID + ".fit", Content: content}, err
			},
		})
	}
	return page, nil
}

func polarSleep(ctx context.Context, c *Client, _ Window) (Page, error) {
	var list struct {
		Nights []struct {
			Date  string   `json:"date"`
			Start string   `json:"sleep_start_time"`
			End   string   `json:"sleep_end_time"`
			Light *float64 `json:"light_sleep"` // s
			Deep  *float64 `json:"deep_sleep"`
			REM   *float64 `json:"rem_sleep"`
			Awake *float64 `json:"total_interruption_duration"`
			Score *float64 `json:"sleep_score"`
		} `json:"nights"`
	}
	if err := c.Get(ctx, "/v3/users/sleep", nil, &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, n := range list.Nights {
		start, _ := time.Parse(time.RFC3339, n.Start) // a time that cannot be read is absent
		end, _ := time.Parse(time.RFC3339, n.End)
		page.Values = append(page.Values, onDay(n.Date, map[pierre.WellnessKind]*float64{
			pierre.WellnessLightSleep: n.Light, pierre.WellnessDeepSleep: n.Deep, pierre.WellnessREMSleep: n.REM, pierre.WellnessAwake: n.Awake,
			pierre.WellnessSleep: sumOf(n.Light, n.Deep, n.REM), pierre.WellnessSleepScore: n.Score,
			pierre.WellnessBedtime: sinceMidnight(n.Date, start), pierre.WellnessWakeTime: sinceMidnight(n.Date, end),
		})...)
	}
	return page, nil
}

// sumOf adds up parts, if all of them are there.
func sumOf(parts ...*float64) *float64 {
	sum := 0.0
	for _, p := range parts {
		if p == nil {
			return nil
		}
		sum += *p
	}
	return &sum
}

func polarRecharge(ctx context.Context, c *Client, _ Window) (Page, error) {
	var list struct {
		Nights []struct {
			Date   string   `json:"date"`
			HR     *float64 `json:"heart_rate_avg"` // the mean of four hours asleep, not the lowest
			HRV    *float64 `json:"heart_rate_variability_avg"`
			Breath *float64 `json:"breathing_rate_avg"`
		} `json:"recharges"`
	}
	if err := c.Get(ctx, "/v3/users/nightly-recharge", nil, &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, n := range list.Nights {
		page.Values = append(page.Values, onDay(n.Date, map[pierre.WellnessKind]*float64{
			pierre.WellnessHRV: n.HRV, pierre.WellnessRespiration: n.Breath,
		})...)
	}
	return page, nil
}

// polarAccounts reads a call, whose signature has the key that AccessLink gives when the webhook is made. Before it makes one
// it asks whether we are there: then there is no key yet.
func polarAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	var event struct {
		Event string `json:"event"`
		User  int64  `json:"user_id"`
	}
	malformed := json.Unmarshal(body, &event)
	if malformed == nil && event.Event == "PING" {
		return nil, nil // it does nothing
	}
	signature, err := hex.DecodeString(r.Header.Get("Polar-Webhook-Signature"))
	if err != nil || !signed(signature, app.WebhookSecret, body) {
		return nil, forged()
	}
	if malformed != nil {
		return nil, badCall(malformed)
	}
	return []string{fmt.Sprint(event.User)}, nil
}
