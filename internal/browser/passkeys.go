package browser

import (
	"github.com/chromedp/cdproto/webauthn"
)

// Passkeys gives the tab a device that makes and keeps passkeys, and whose owner always agrees.
func (b *Tab) Passkeys() {
	b.t.Helper()
	tell(b, webauthn.Enable, webauthn.EnableParams{})
	tell(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
}
