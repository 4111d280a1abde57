package adminsetup

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// errBroken ends verify-audit when the log is not as it was written; what is wrong is printed before.
var errBroken = errors.New("the audit log is not as it was written")

func newVerify(c *config) *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify-audit",
		Short: "Check that the audit log is as it was written",
		Long: `verify-audit checks the hash of every entry of the audit log, which is over the entry
and the hash before it, and names the first entry that was changed, deleted or put
in. It exits with 1 if there is one.

It prints the hash of the last entry: the head. Keep it where whoever can write to
the database cannot, and give it with --head the next time: only then is it noticed
if entries were cut off at the end, or if the whole log was written anew.`,
		Example: `  admin-setup verify-audit
  admin-setup verify-audit --json
  admin-setup verify-audit --head 743893706a9f7b45ae446200472b53fd1635770611bd9b672ab751a14d326d49`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := parseHead(head)
			if err != nil {
				return err
			}
			return c.run(cmd.Context(), func(a *app) error {
				check, err := a.VerifyAuditLog(cmd.Context(), kept)
				if err != nil {
					return err
				}
				return a.report(check)
			})
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "a head that verify-audit printed earlier")
	return cmd
}

// parseHead returns nil if there is none.
func parseHead(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	const size = 32
	kept, err := hex.DecodeString(text)
	if err != nil || len(kept) != size {
		return nil, cli.Usagef("--head takes the 64 hexadecimal digits that verify-audit printed")
	}
	return kept, nil
}

// A checkView is what verify-audit prints for machines.
type checkView struct {
	OK        bool   `json:"ok"`
	Entries   int64  `json:"entries"` // that are as they were written
	Unchained int64  `json:"unchained"`
	Head      string `json:"head"`
	KeptFound bool   `json:"kept_head_found"`
	Place     int64  `json:"broken_place,omitempty"`
	Seq       int64  `json:"broken_seq,omitempty"`
	Why       string `json:"broken_why,omitempty"`
}

func (a *app) report(check pierre.AuditCheck) error {
	v := checkView{
		OK: check.Broken == nil && check.KeptFound, Entries: check.Entries, Unchained: check.Unchained,
		Head: hex.EncodeToString(check.Head), KeptFound: check.KeptFound,
	}
	if check.Broken != nil {
		v.Place, v.Seq, v.Why = check.Broken.Place, check.Broken.Seq, check.Broken.Why
	}
	var err error
	if !v.OK {
		err = errBroken
	}
	if a.c.json {
		return errors.Join(a.encode(v), err)
	}
	if check.Unchained > 0 {
		a.note("%s without a hash: an older version wrote this; the next start of the server adds it", human.Plural(check.Unchained, "entry"))
	}
	switch {
	case check.Broken != nil:
		a.note("entry %d (seq %d): %s", v.Place, v.Seq, v.Why)
		a.note("before it, as written: %s", human.Plural(v.Entries, "entry"))
	case !check.KeptFound:
		a.note("the head that was kept is not in the log: entries were cut off at the end, or the log was written anew")
	default:
		a.note("as written: %s; keep the head and give it with --head the next time", human.Plural(v.Entries, "entry"))
		_, err = fmt.Fprintln(a.c.world.Stdout, v.Head)
	}
	return err
}
