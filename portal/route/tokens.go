package route

import (
	"path"
	"strings"
)

// HideTokens returns what makes of a path of the site what a log may hold of it. A {token} in a route's pattern stands for
// the secret of a mailed link: it is cut, with all behind it, whether or not the request would reach the route.
func HideTokens(routes []Route) func(path string) string {
	var before []string
	for _, rt := range routes {
		_, pattern, _ := strings.Cut(rt.Pattern, " ")
		if prefix, _, ok := strings.Cut(pattern, "{token}"); ok {
			before = append(before, prefix)
		}
	}
	return func(asked string) string {
		clean := strings.ToLower(path.Clean("/" + asked)) // a path that is mistyped may hold a link's token, too
		for _, prefix := range before {
			if strings.HasPrefix(clean, prefix) {
				return prefix + "…"
			}
		}
		return asked
	}
}
