package mail

import (
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
)

const settingsWhy = "You get this mail because you have an access key. You choose which mails you get on your account's page, under notifications."

// A LimitNotice says how much of a key's limit is used.
type LimitNotice struct {
	Key      string // its prefix, or what its holder calls it
	Percent  int64  // 75, 90 or 100: what was reached
	Used     int64
	Requests int64     // the limit
	Period   string    // of the limit, such as "day"
	ResetsAt time.Time // when the next period begins
}

// Limit tells a customer how much of a limit is used.
func (t Texts) Limit(to string, n LimitNotice) (Message, error) {
	const all = 100
	heading := fmt.Sprintf("%d %% of your limit is used", n.Percent)
	then := paragraph("You need not do anything. At 100 %% calls are refused until the next period begins.")
	if n.Percent >= all {
		heading = "Your limit is reached"
		then = paragraph("Calls are refused until %s. If you need more, ask for another plan on your account's page.", at(n.ResetsAt))
	}
	label := fmt.Sprintf("%s of %s calls %s", human.Count(n.Used), human.Count(n.Requests), now(n.Period))
	return t.write(KindLimit, to, letter{
		subject: heading,
		preview: label + ".",
		heading: heading,
		parts: []part{
			barOf(n.Percent, label),
			facts("Key", n.Key, "Starts again", at(n.ResetsAt)),
			then,
			press("See my usage", t.link("/account", "")),
		},
		why: settingsWhy,
	})
}

// now names the period that is open.
func now(period string) string {
	if period == "day" {
		return "today"
	}
	return "this " + period
}

// Expiring tells a customer that a key ends soon. days is rounded: 30, 7 or 1.
func (t Texts) Expiring(to, key string, expires time.Time, days int) (Message, error) {
	heading := "Your key ends in " + human.Plural(days, "day")
	return t.write(KindExpiring, to, letter{
		subject: heading,
		preview: "It stops working on " + at(expires) + ".",
		heading: heading,
		parts: []part{
			paragraph("Calls with this key are refused from then on. If you need one for longer, ask for a plan on your account's page in time: with the approval you get a new key."),
			facts("Key", key, "Ends", at(expires)),
			press("Open my account", t.link("/account", "")),
		},
		why: settingsWhy,
	})
}

// Country tells a customer that a key was used from a country for the first time. country is its name.
func (t Texts) Country(to, key, country string, first time.Time) (Message, error) {
	return t.write(KindCountry, to, letter{
		subject: "Your key was used from a new country",
		preview: "First call from " + line(country, maxSubject) + ".",
		heading: "Your key was used from a new country",
		parts: []part{
			facts("Key", key, "Country", country, "First call", at(first)),
			paragraph("If that was you, there is nothing to do. If not, somebody else may have your key: rotate it now on its page, and choose there that the old key stops working at once."),
			press("Rotate my key", t.link("/account", "")),
		},
		why: settingsWhy,
	})
}

// An InvoiceNotice says what an invoice is about.
type InvoiceNotice struct {
	Number string
	Period string // such as "October 2026"
	Total  string // with its currency
	Path   string // of the page that shows it, such as /account/invoices/2026-0042
}

// Invoice tells a customer that an invoice is there.
func (t Texts) Invoice(to string, n InvoiceNotice) (Message, error) {
	return t.write(KindInvoice, to, letter{
		subject: "Invoice " + n.Number + " for " + n.Period,
		preview: n.Total + ".",
		heading: "Your invoice for " + line(n.Period, maxSubject),
		parts: []part{
			facts("Invoice", n.Number, "Period", n.Period, "Total", n.Total),
			press("See the invoice", t.link(n.Path, "")),
		},
		why: "You get this mail because you are a customer of " + t.Operator + ".",
	})
}

// An AlertNotice is one thing that staff are told of.
type AlertNotice struct {
	Title string    // such as "Error rate of key pk_live_ab12 is 14 %"
	Rule  string    // the rule's name
	Scope string    // what it is about
	Since time.Time // when it was found
	Path  string    // of its page on the site
	Over  bool      // it is over: this is the all-clear
}

const staffWhy = "You get this mail because a rule on the alerts page has this address."

// Alert tells staff of one thing.
func (t Texts) Alert(to string, n AlertNotice) (Message, error) {
	subject, opening := "Alert: "+n.Title, "Found by a rule of yours:"
	if n.Over {
		subject, opening = "All clear: "+n.Title, "This is over:"
	}
	return t.write(KindAlert, to, letter{
		subject: subject,
		preview: n.Rule + ".",
		heading: line(n.Title, maxSubject),
		parts: []part{
			paragraph("%s", opening),
			facts("Rule", n.Rule, "About", n.Scope, "Since", at(n.Since)),
			press("Open the alert", t.link(n.Path, "")),
		},
		why: staffWhy,
	})
}

// Digest tells staff of many things in one mail.
func (t Texts) Digest(to string, list []AlertNotice) (Message, error) {
	const shown = 20
	heading := human.Plural(len(list), "alert")
	var rows []string
	for _, n := range list[:min(len(list), shown)] {
		state := "since " + at(n.Since)
		if n.Over {
			state = "is over"
		}
		rows = append(rows, n.Title, state)
	}
	parts := []part{paragraph("Found since the last mail:"), facts(rows...)}
	if more := len(list) - shown; more > 0 {
		parts = append(parts, paragraph("And %s more.", human.Count(more)))
	}
	return t.write(KindDigest, to, letter{
		subject: heading,
		preview: list[0].Title + ", and more.",
		heading: heading,
		parts:   append(parts, press("Open the alerts", t.link("/admin/alerts", ""))),
		why:     staffWhy,
	})
}

// A DayNotice is what a staff digest says of a day.
type DayNotice struct {
	Waiting                int64  // requests that wait for a decision
	Oldest                 string // how long the oldest waits, such as "3 days"; "" if none does
	Alerts                 int64  // open ones
	Undelivered            int64  // mails that could not be sent
	Calls, Failed, Refused int64  // of the day
}

// Day tells staff each morning what needs them.
func (t Texts) Day(to string, day time.Time, n DayNotice) (Message, error) {
	heading := "Nothing needs you today"
	if n.Waiting+n.Alerts+n.Undelivered > 0 {
		heading = "What needs you today"
	}
	waiting := human.Count(n.Waiting)
	if n.Oldest != "" {
		waiting += ", the oldest for " + n.Oldest
	}
	return t.write(KindDigest, to, letter{
		subject: heading + ", " + day.UTC().Format("2 January"),
		preview: human.Plural(n.Waiting, "request") + " waiting, " + human.Plural(n.Alerts, "alert") + " open.",
		heading: heading,
		parts: []part{
			facts("Requests waiting", waiting, "Open alerts", human.Count(n.Alerts), "Mails that were not delivered", human.Count(n.Undelivered)),
			paragraph("Yesterday:"),
			facts("Calls", human.Count(n.Calls), "Failed", human.Count(n.Failed), "Refused by limits", human.Count(n.Refused)),
			press("Open the overview", t.link("/admin", "")),
		},
		why: "You get this mail each morning because you are on the staff of " + t.Operator + ". You can turn it off on your account's page, at " + t.link("/admin/me", "") + ".",
	})
}
