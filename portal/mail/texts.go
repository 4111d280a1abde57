package mail

import (
	"net/url"
	"time"

	"github.com/pierre-mcp/pierre/internal/secret"
)

const moment = "2 January 2006, 15:04 MST"

// link returns an address of the site. Tokens are escaped as one part of the path.
func (t Texts) link(path, token string) string {
	base := t.clean().BaseURL + path
	if token != "" {
		base += "/" + url.PathEscape(token)
	}
	return base
}

func requestWhy(to string) string {
	return "You get this mail because an access key was requested with " + to + ". If that was not you, ignore it: nothing else will happen."
}

// Verify asks a person to confirm that an address is theirs. The link's page has a button, so that programs which open
// links confirm nothing.
func (t Texts) Verify(to, token string, until time.Time) (Message, error) {
	m, err := t.write(KindVerify, to, letter{
		subject: "Confirm your e-mail address",
		preview: "One click, and your request for a key goes to " + t.Operator + ".",
		heading: "Confirm your e-mail address",
		parts: []part{
			paragraph("Thank you for your request. Open the page below and press the button there, so that we know this address is yours."),
			press("Confirm my address", t.link("/verify", token)),
			paragraph("The link works once, until %s. After that a person at %s looks at your request, and you hear from us by mail.", at(until), t.Operator),
		},
		why: requestWhy(to),
	})
	m.Expires = until
	return m, err
}

// A RequestInfo is what a mail says of a request.
type RequestInfo struct {
	Company string // may be empty
	Tier    string // its name
	Limit   string // such as "1,000 calls per day"; may be empty
}

func (r RequestInfo) facts() part {
	return facts("Company", r.Company, "Plan", r.Tier, "Limit", r.Limit)
}

// Received says that a verified request waits for a decision. within is roughly how long that takes, such as "one working
// day"; "": not said.
func (t Texts) Received(to string, r RequestInfo, within string) (Message, error) {
	when := "You will hear from us by mail."
	if within != "" {
		when = "You will hear from us by mail, usually within " + line(within, maxSubject) + "."
	}
	return t.write(KindReceived, to, letter{
		subject: "We have your request",
		preview: when,
		heading: "We have your request",
		parts: []part{
			paragraph("Your address is confirmed, and your request for a key is with us."),
			r.facts(),
			paragraph("%s There is nothing else to do.", when),
		},
		why: requestWhy(to),
	})
}

// Approved carries the link under which the key is shown once.
func (t Texts) Approved(to string, r RequestInfo, token string, until time.Time) (Message, error) {
	m, err := t.write(KindApproved, to, letter{
		subject: "Your key is ready",
		preview: "Open the page and copy your key. It is shown once.",
		heading: "Your key is ready",
		parts: []part{
			paragraph("Your request was approved. Your key waits on the page below, with the line that installs it."),
			r.facts(),
			press("Show my key", t.link("/claim", token)),
			paragraph("The key is shown once, so copy it before you close the page. The link works until %s. If the key was shown to nobody, or got lost, the same page gives you a new one.", at(until)),
		},
		why: requestWhy(to),
	})
	m.Expires = until
	return m, err
}

// ApprovedWithKey carries the key itself, for operators that chose so.
func (t Texts) ApprovedWithKey(to string, r RequestInfo, key secret.String) (Message, error) {
	return t.write(KindApproved, to, letter{
		subject: "Your key",
		preview: "Your request was approved.",
		heading: "Your key",
		parts: []part{
			paragraph("Your request was approved. This is your key:"),
			{Code: key.Reveal()},
			r.facts(),
			paragraph("Whoever reads this mail can use the key. Store it in a safe place, then delete the mail. If others may have read it, rotate the key on your account's page."),
			press("Open my account", t.link("/account", "")),
		},
		why: requestWhy(to),
	})
}

// Rejected says why there is no key.
func (t Texts) Rejected(to string, r RequestInfo, reason string) (Message, error) {
	return t.write(KindRejected, to, letter{
		subject: "About your request for a key",
		preview: "We cannot give you a key this time.",
		heading: "We cannot give you a key this time",
		parts: []part{
			paragraph("Thank you for your interest. We looked at your request and decided not to approve it:"),
			quote(reason),
			r.facts(),
			paragraph("If something about this changes, you are welcome to ask again."),
			press("Ask again", t.link("/request", "")),
		},
		why: requestWhy(to),
	})
}

// Question asks a person something before a decision. token leads to the page where it is answered.
func (t Texts) Question(to string, r RequestInfo, question, token string, until time.Time) (Message, error) {
	m, err := t.write(KindQuestion, to, letter{
		subject: "A question about your request",
		preview: "Your answer helps us to decide.",
		heading: "A question about your request",
		parts: []part{
			paragraph("Before we decide about your request, we would like to know:"),
			quote(question),
			press("Answer", t.link("/answer", token)),
			r.facts(),
			paragraph("Your request waits until %s.", at(until)),
		},
		why: requestWhy(to),
	})
	m.Expires = until
	return m, err
}

// SignIn carries a link that signs a customer in.
func (t Texts) SignIn(to, token string, until time.Time) (Message, error) {
	m, err := t.write(KindSignIn, to, letter{
		subject: "Your sign-in link",
		preview: "It works once, until " + at(until) + ".",
		heading: "Sign in to your account",
		parts: []part{
			paragraph("Open the page below and press the button there. You need no password."),
			press("Sign in", t.link("/account/sign-in", token)),
			paragraph("The link works once, until %s.", at(until)),
		},
		why: "You get this mail because somebody asked for a sign-in link for " + to + ". If that was not you, ignore it: without the link nobody gets in.",
	})
	m.Expires = until
	return m, err
}

// Invitation asks a person to join the operator's staff.
func (t Texts) Invitation(to, inviter, role, token string, until time.Time) (Message, error) {
	who := line(inviter, maxSubject)
	m, err := t.write(KindInvitation, to, letter{
		subject: "You are invited to the staff of " + t.Operator,
		preview: who + " invites you.",
		heading: "Join the staff of " + t.Operator,
		parts: []part{
			paragraph("%s invites you to help run %s.", who, t.Operator),
			facts("Your role", role, "Your address", to),
			press("Accept the invitation", t.link("/admin/invitation", token)),
			paragraph("The link works once, until %s. You choose a password there, and a second factor.", at(until)),
		},
		why: "You get this mail because " + who + " entered " + to + ". If you do not know them, ignore it.",
	})
	m.Expires = until
	return m, err
}

// Test shows that mail arrives.
func (t Texts) Test(to, sentBy string, now time.Time) (Message, error) {
	return t.write(KindTest, to, letter{
		subject: "A test mail",
		preview: "Mail from the site arrives.",
		heading: "Mail arrives",
		parts: []part{
			paragraph("This mail shows that the site can send to this address. It needs no answer."),
			facts("Asked for by", sentBy, "At", at(now)),
		},
		why: "You get this mail because a member of the staff sent a test.",
	})
}

func at(t time.Time) string { return t.UTC().Format(moment) }
