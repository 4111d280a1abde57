// Package staff holds who runs the site: accounts, passwords, second factors, sessions, invitations and roles; and their
// pages: sign-in, team, audit log, settings. What somebody of the staff may do where is in the routes (package route).
package staff
