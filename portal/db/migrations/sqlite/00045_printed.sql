-- +goose Up
-- An invoice has all that is printed on it: settings change. Those of before get what they were shown with until now.
CREATE TABLE portal_invoices_new (
    number     BIGINT PRIMARY KEY, -- 1, 2, 3, …
    printed    TEXT NOT NULL,      -- the number with what stands before it
    month      TEXT NOT NULL REFERENCES portal_billing_months (month),
    user_id    TEXT NOT NULL,
    email      TEXT NOT NULL,
    company    TEXT NOT NULL,
    address    TEXT NOT NULL,
    tax_id     TEXT NOT NULL,
    currency   TEXT NOT NULL,
    net        BIGINT NOT NULL,
    tax_name   TEXT NOT NULL,
    tax_rate   BIGINT NOT NULL,    -- hundredths of a percent
    tax        BIGINT NOT NULL,
    tax_note   TEXT NOT NULL,      -- why there is no tax
    amount     BIGINT NOT NULL,    -- net and tax together
    operator   TEXT NOT NULL,
    letterhead TEXT NOT NULL,
    note       TEXT NOT NULL       -- below the sum
);
-- For a day in between there were databases that began with the columns printed, operator, letterhead and note: x has them
-- then, and else the names are those of said.
INSERT INTO portal_invoices_new
SELECT i.number, (SELECT printed FROM portal_invoices AS x WHERE x.number = i.number), i.month, i.user_id, i.email, i.company, i.address, i.tax_id, i.currency,
    CASE WHEN i.net = 0 AND i.tax = 0 THEN i.amount ELSE i.net END, i.tax_name, i.tax_rate, i.tax, i.tax_note, i.amount,
    (SELECT operator FROM portal_invoices AS x WHERE x.number = i.number),
    (SELECT letterhead FROM portal_invoices AS x WHERE x.number = i.number),
    (SELECT note FROM portal_invoices AS x WHERE x.number = i.number)
FROM portal_invoices AS i JOIN (
    SELECT number AS said_of, printf('%s%05d', COALESCE(json_extract(content, '$.invoice_prefix'), ''), number) AS printed,
        COALESCE(json_extract(content, '$.operator'), '') AS operator,
        COALESCE(json_extract(content, '$.letterhead'), '') AS letterhead,
        COALESCE(json_extract(content, '$.invoice_note'), '') AS note
    FROM portal_invoices, portal_settings
) AS said ON said_of = i.number;
DROP TABLE portal_invoices;
ALTER TABLE portal_invoices_new RENAME TO portal_invoices;
CREATE INDEX portal_invoices_month ON portal_invoices (month);
CREATE INDEX portal_invoices_email ON portal_invoices (email, number);
CREATE INDEX portal_invoices_user ON portal_invoices (user_id, number);
-- +goose StatementBegin
CREATE TRIGGER portal_invoices_no_update BEFORE UPDATE ON portal_invoices
BEGIN
    SELECT RAISE(ABORT, 'portal_invoices is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER portal_invoices_no_delete BEFORE DELETE ON portal_invoices
BEGIN
    SELECT RAISE(ABORT, 'portal_invoices is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER portal_invoices_no_replace BEFORE INSERT ON portal_invoices WHEN EXISTS (SELECT 1 FROM portal_invoices WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'portal_invoices is append-only');
END;
-- +goose StatementEnd

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
