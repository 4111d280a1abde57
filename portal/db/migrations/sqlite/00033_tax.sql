-- +goose Up
-- How a customer's invoices are taxed, with what each was, and at which prices a month was closed.
ALTER TABLE portal_billing_customers ADD COLUMN tax TEXT NOT NULL DEFAULT ''; -- '': as the settings say; own, exempt, reverse
ALTER TABLE portal_billing_customers ADD COLUMN tax_rate BIGINT NOT NULL DEFAULT 0; -- of own: hundredths of a percent
ALTER TABLE portal_invoices ADD COLUMN net BIGINT NOT NULL DEFAULT 0; -- amount is net and tax together
ALTER TABLE portal_invoices ADD COLUMN tax_name TEXT NOT NULL DEFAULT '';
ALTER TABLE portal_invoices ADD COLUMN tax_rate BIGINT NOT NULL DEFAULT 0; -- hundredths of a percent
ALTER TABLE portal_invoices ADD COLUMN tax BIGINT NOT NULL DEFAULT 0;
ALTER TABLE portal_invoices ADD COLUMN tax_note TEXT NOT NULL DEFAULT ''; -- why there is no tax
ALTER TABLE portal_billing_months ADD COLUMN prices TEXT NOT NULL DEFAULT '[]'; -- JSON: those of all tiers

-- +goose Down
ALTER TABLE portal_billing_months DROP COLUMN prices;
ALTER TABLE portal_invoices DROP COLUMN tax_note;
ALTER TABLE portal_invoices DROP COLUMN tax;
ALTER TABLE portal_invoices DROP COLUMN tax_rate;
ALTER TABLE portal_invoices DROP COLUMN tax_name;
ALTER TABLE portal_invoices DROP COLUMN net;
ALTER TABLE portal_billing_customers DROP COLUMN tax_rate;
ALTER TABLE portal_billing_customers DROP COLUMN tax;
