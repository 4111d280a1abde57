package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
)

const calendarLong = `calendar prints what is planned, and the days of goals, as an iCalendar file that
phones and calendar programs import. Events that are imported again replace the old ones.

With --subscribe the server makes a secret address, from which phones, Google Calendar,
Outlook and other programs fetch the calendar by themselves. It is shown this once, and
whoever knows it can read the calendar: no key is asked for. There is one at a time.`

const calendarExample = `  mcp-client calendar > plan.ics

  # an address for the phone; the one before works no longer
  mcp-client calendar --subscribe

  # is it read? And end it
  mcp-client calendar --subscribed
  mcp-client calendar --unsubscribe`

const subscriptionPath = "/v1/calendar/subscription"

func newCalendarCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(planOptions)
	var subscribe, subscribed, unsubscribe bool
	one := func(cmd *cobra.Command, args []string) error {
		if err := cli.NoArgs(cmd, args); err != nil {
			return err
		}
		given := slices.DeleteFunc([]string{"subscribe", "subscribed", "unsubscribe", "output"}, func(name string) bool { return !cmd.Flags().Changed(name) })
		if len(given) > 1 {
			return cli.Usagef("--%s: give one of them", strings.Join(given, ", --"))
		}
		return nil
	}
	cmd := &cobra.Command{
		Use:     "calendar",
		Short:   "Print what is planned as a calendar file, or let calendar programs subscribe to it",
		Long:    calendarLong,
		Example: calendarExample,
		Args:    one,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case subscribe:
				return subscribeCalendar(cmd.Context(), w, conn, opts)
			case subscribed:
				return showSubscription(cmd.Context(), w, conn, opts)
			case unsubscribe:
				return unsubscribeCalendar(cmd.Context(), w, conn, opts)
			}
			return savePlan(cmd.Context(), w, conn, opts, "/v1/calendar.ics")
		},
	}
	opts.register(cmd)
	cmd.Flags().BoolVar(&subscribe, "subscribe", false, "make a new secret address for calendar programs, and print it")
	cmd.Flags().BoolVar(&subscribed, "subscribed", false, "say when the address was made, and when it was read last")
	cmd.Flags().BoolVar(&unsubscribe, "unsubscribe", false, "end the address")
	return cmd
}

// A subscription is what the server says of an address.
type subscription struct {
	Path     string        `json:"path"`
	URL      string        `json:"url"` // "": the server does not know how it is reached
	Created  time.Time     `json:"created_at"`
	Read     time.Time     `json:"last_read_at"` // zero: never
	Replaced *subscription `json:"replaced"`
}

func (s subscription) history() string {
	read := "never read"
	if !s.Read.IsZero() {
		read = "read last " + shownTime(s.Read)
	}
	return "made " + shownTime(s.Created) + ", " + read
}

func shownTime(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

func subscribeCalendar(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions) error {
	e, body, err := askPlan(ctx, w, conn, opts, http.MethodPost, subscriptionPath)
	if err != nil {
		return err
	}
	var s subscription
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	if s.URL == "" {
		s.URL = e.At(s.Path).String()
	}
	_, rest, _ := strings.Cut(s.URL, "://")
	fmt.Fprintf(w.Stderr, "Add the first address to a calendar program as a subscription; a phone or Mac opens the second one by itself.\n"+
		"They are shown this once. Whoever has one can read your calendar: \"mcp-client calendar --unsubscribe\" ends it.\n")
	if u, err := url.Parse(s.URL); err == nil && connection.Loopback(u.Hostname()) {
		fmt.Fprintln(w.Stderr, "The server is on this computer: only programs here reach it.")
	}
	if s.Replaced != nil {
		fmt.Fprintf(w.Stderr, "The address before (%s) works no longer.\n", s.Replaced.history())
	}
	_, err = fmt.Fprintf(w.Stdout, "%s\nwebcal://%s\n", s.URL, rest)
	return err
}

func showSubscription(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions) error {
	_, body, err := askPlan(ctx, w, conn, opts, http.MethodGet, subscriptionPath)
	if refused, ok := errors.AsType[*refusedError](err); ok && refused.status == http.StatusNotFound {
		return errors.New(`there is no subscription; "mcp-client calendar --subscribe" makes one`)
	}
	if err != nil {
		return err
	}
	var s subscription
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	_, err = fmt.Fprintln(w.Stdout, s.history())
	return err
}

func unsubscribeCalendar(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions) error {
	if _, _, err := askPlan(ctx, w, conn, opts, http.MethodDelete, subscriptionPath); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w.Stdout, "No address works any more.")
	return err
}
