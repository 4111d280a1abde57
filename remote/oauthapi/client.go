package oauthapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/clientdoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const maxName = 80 // characters of an app's name that people are shown

// A client is an app that asks for access.
type client struct {
	pierre.OAuthClient

	Host string // whose document describes the app; "": it registered itself
}

// client returns the app with that id.
func (s *Server) client(r *http.Request, id string) (client, error) {
	if id == "" {
		return client{}, badRequest("The request names no app (client_id).")
	}
	if !clientdoc.IsURL(id) {
		c, err := s.store.OAuthClient(r.Context(), id)
		if pierre.KindOf(err) == pierre.KindNotFound {
			err = badRequest("This server does not know the app. It may have registered long ago and not been used: remove the connection in the app and add it again.")
		}
		return client{OAuthClient: c}, err
	}
	return s.described(r.Context(), r, id)
}

// described returns the app whose document is at that URL.
func (s *Server) described(ctx context.Context, r *http.Request, id string) (client, error) {
	if err := s.asked.admit(web.ClientAddr(r, s.opts.TrustedProxies), s.now()); err != nil {
		return client{}, err
	}
	doc, err := s.opts.Documents.Fetch(ctx, id)
	if err != nil {
		return client{}, err
	}
	u, err := url.Parse(id)
	if err != nil {
		return client{}, err
	}
	c := pierre.OAuthClient{ID: id, Name: displayName(doc.Name), RedirectURIs: doc.RedirectURIs}
	if c.Name == "" {
		c.Name = u.Host
	}
	return client{c, u.Host}, nil
}

// displayName returns what people are shown of a name: without what is not seen, or makes the rest look otherwise.
func displayName(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(strings.ToValidUTF8(name, "")); len(runes) > maxName {
		return string(runes[:maxName-1]) + "…"
	}
	return strings.ToValidUTF8(name, "")
}
