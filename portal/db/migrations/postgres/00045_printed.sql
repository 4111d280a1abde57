-- +goose Up
-- An invoice has all that is printed on it: settings change. Those of before get what they were shown with until now. For a
-- day in between there were databases that began with these columns and the index.
ALTER TABLE portal_invoices ADD COLUMN IF NOT EXISTS printed TEXT NOT NULL DEFAULT ''; -- the number with what stands before it
ALTER TABLE portal_invoices ADD COLUMN IF NOT EXISTS operator TEXT NOT NULL DEFAULT '';
ALTER TABLE portal_invoices ADD COLUMN IF NOT EXISTS letterhead TEXT NOT NULL DEFAULT '';
ALTER TABLE portal_invoices ADD COLUMN IF NOT EXISTS note TEXT NOT NULL DEFAULT ''; -- below the sum

ALTER TABLE portal_invoices DISABLE TRIGGER portal_invoices_are_final;
UPDATE portal_invoices SET
    printed = COALESCE(said.content ->> 'invoice_prefix', '') || lpad(number::text, greatest(5, length(number::text)), '0'),
    operator = COALESCE(said.content ->> 'operator', ''),
    letterhead = COALESCE(said.content ->> 'letterhead', ''),
    note = COALESCE(said.content ->> 'invoice_note', '')
    FROM (SELECT content::json AS content FROM portal_settings) AS said WHERE printed = '';
UPDATE portal_invoices SET net = amount WHERE net = 0 AND tax = 0;
ALTER TABLE portal_invoices ENABLE TRIGGER portal_invoices_are_final;

-- An id at Stripe is one customer's: the one's that Stripe was told of.
UPDATE portal_billing_customers SET stripe = '' WHERE stripe <> '' AND user_id <> (
    SELECT c.user_id FROM portal_billing_customers AS c
    LEFT JOIN portal_meter_events AS e ON e.user_id = c.user_id AND e.customer = c.stripe
    WHERE c.stripe = portal_billing_customers.stripe ORDER BY e.user_id IS NULL, e.month DESC, c.user_id LIMIT 1);
CREATE UNIQUE INDEX IF NOT EXISTS portal_billing_customers_stripe ON portal_billing_customers (stripe) WHERE stripe <> '';

-- +goose Down
DROP INDEX portal_billing_customers_stripe;
ALTER TABLE portal_invoices DROP COLUMN note;
ALTER TABLE portal_invoices DROP COLUMN letterhead;
ALTER TABLE portal_invoices DROP COLUMN operator;
ALTER TABLE portal_invoices DROP COLUMN printed;
