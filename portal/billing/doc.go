// Package billing closes months: it asks the server what its keys did, makes lines and invoices of it, which are never
// changed afterwards, and tells Stripe. Amounts are integers of a currency's smallest unit. The server counts the calls;
// what they cost is here.
package billing
