package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/exportclient"
	"github.com/pierre-mcp/pierre/internal/human"
)

const deleteAccountLong = `delete-account deletes your account at the server for good: all activities, values of
days, goals, planned workouts, what you said, connected accounts, and every key. It says
what goes, and asks for the e-mail address of the account; anything else deletes nothing.

Only servers whose operator allows it do so with a key; others say where it is done.
Fetch what you want to keep first, with "mcp-client export".`

// maxAddress is how many bytes of an answer are read.
const maxAddress = 1 << 10

func newDeleteAccountCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:     "delete-account",
		Short:   "Delete your account at the server, with everything in it",
		Long:    deleteAccountLong,
		Example: "  mcp-client export --output mine.zip\n  mcp-client delete-account",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return deleteAccount(cmd.Context(), w, conn, name)
		},
	}
	registerName(cmd, &name)
	return cmd
}

func deleteAccount(ctx context.Context, w cli.World, conn *connection.Settings, name string) error {
	conn.OrInstalled(w.Getenv, name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	client := exportclient.Client{URL: e.At("/v1/account"), HTTP: e.HTTP, Authorize: e.Authorize}
	has, err := client.Account(ctx)
	if refused, ok := errors.AsType[*exportclient.RefusedError](err); ok {
		if missing := e.MissingKey(refused.Status); missing != nil {
			return missing
		}
	}
	if err != nil {
		return err
	}
	if !has.Deletable {
		reason := "the server does not delete this account with this key"
		if has.Reason != nil {
			reason = human.Line(*has.Reason)
		}
		return errors.New(reason)
	}
	fmt.Fprintf(w.Stderr, "At %s this is deleted for good: %s, %s of days, %s, %s, %s, and all the rest that is kept of you.\nType the e-mail address of the account to delete it: ",
		e.URL.Host, human.Plural(has.Activities, "activity"), human.Plural(has.Values, "value"), human.Plural(has.Goals, "goal"),
		human.Plural(has.Connections, "connected account"), human.Plural(has.Keys, "key"))
	typed, err := bufio.NewReader(io.LimitReader(w.Stdin, maxAddress)).ReadString('\n')
	if typed = strings.TrimSpace(typed); typed == "" {
		return errors.Join(errors.New("nothing was deleted"), ignoreEOF(err))
	}
	if err := client.DeleteAccount(ctx, typed); err != nil {
		return fmt.Errorf("nothing was deleted: %w", err)
	}
	_, err = fmt.Fprintln(w.Stdout, "The account and everything in it is deleted, and its keys work no more. \"mcp-client uninstall\" takes them out of the hosts on this computer.")
	return err
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
