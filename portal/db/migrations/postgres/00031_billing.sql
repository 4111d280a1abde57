-- +goose Up
-- What keys of a tier cost in a month. Amounts are in the smallest unit of the currency.
CREATE TABLE portal_prices (
    tier          TEXT PRIMARY KEY,
    currency      TEXT NOT NULL,
    base          BIGINT NOT NULL, -- of a key
    included      BIGINT NOT NULL, -- calls
    overage       BIGINT NOT NULL, -- for every overage_calls above those
    overage_calls BIGINT NOT NULL,
    public        BIGINT NOT NULL  -- 1: shown to everybody
);

-- What is written on the invoices of a customer.
CREATE TABLE portal_billing_customers (
    user_id TEXT PRIMARY KEY,
    company TEXT NOT NULL,
    address TEXT NOT NULL,
    tax_id  TEXT NOT NULL,
    stripe  TEXT NOT NULL -- the customer's id at Stripe; '': none
);

-- Months that were closed. A month closes once.
CREATE TABLE portal_billing_months (
    month     TEXT PRIMARY KEY, -- 2026-10
    place     BIGINT NOT NULL UNIQUE, -- 1, 2, 3, … in the order in which months were closed
    closed_us BIGINT NOT NULL,
    closed_by TEXT NOT NULL,
    calls     BIGINT NOT NULL,  -- of the month, as the server counted them and as the lines add up
    lines     BIGINT NOT NULL,
    hash      TEXT NOT NULL     -- over the hash of the month that was closed before, and all lines and invoices of this one
);

CREATE TABLE portal_billing_lines (
    month         TEXT NOT NULL REFERENCES portal_billing_months (month),
    number        BIGINT NOT NULL, -- 1, 2, 3, … in the month
    of_month      TEXT NOT NULL,   -- when the calls were made: an earlier month in a correction
    user_id       TEXT NOT NULL,
    email         TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    key_name      TEXT NOT NULL,
    tier          TEXT NOT NULL,
    currency      TEXT NOT NULL,
    base          BIGINT NOT NULL,
    included      BIGINT NOT NULL,
    used          BIGINT NOT NULL,
    overage       BIGINT NOT NULL, -- calls above the included ones
    price         BIGINT NOT NULL, -- for every price_calls of those
    price_calls   BIGINT NOT NULL,
    amount        BIGINT NOT NULL, -- base and overage together
    PRIMARY KEY (month, number)
);
CREATE INDEX portal_billing_lines_user ON portal_billing_lines (user_id, month);
CREATE INDEX portal_billing_lines_of ON portal_billing_lines (of_month);

-- Numbers follow each other without a gap.
CREATE TABLE portal_invoices (
    number   BIGINT PRIMARY KEY, -- 1, 2, 3, …
    month    TEXT NOT NULL REFERENCES portal_billing_months (month),
    user_id  TEXT NOT NULL,
    email    TEXT NOT NULL,
    company  TEXT NOT NULL,
    address  TEXT NOT NULL,
    tax_id   TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   BIGINT NOT NULL
);
CREATE INDEX portal_invoices_month ON portal_invoices (month);
CREATE INDEX portal_invoices_email ON portal_invoices (email, number);
CREATE INDEX portal_invoices_user ON portal_invoices (user_id, number);

-- What Stripe is told of a closed month.
CREATE TABLE portal_meter_events (
    identifier   TEXT PRIMARY KEY, -- <customer>:<meter>:<period>
    month        TEXT NOT NULL REFERENCES portal_billing_months (month),
    user_id      TEXT NOT NULL,
    customer     TEXT NOT NULL,    -- at Stripe
    meter        TEXT NOT NULL,
    value        BIGINT NOT NULL,
    state        TEXT NOT NULL,    -- waiting, delivered, refused
    tries        BIGINT NOT NULL,
    next_us      BIGINT NOT NULL,  -- when it is tried next
    delivered_us BIGINT,
    problem      TEXT NOT NULL     -- what Stripe said last; '': nothing is wrong
);
CREATE INDEX portal_meter_events_next ON portal_meter_events (state, next_us);
CREATE INDEX portal_meter_events_month ON portal_meter_events (month);

CREATE TRIGGER portal_billing_months_are_final BEFORE UPDATE OR DELETE ON portal_billing_months
    FOR EACH ROW EXECUTE FUNCTION portal_is_append_only();
CREATE TRIGGER portal_billing_lines_are_final BEFORE UPDATE OR DELETE ON portal_billing_lines
    FOR EACH ROW EXECUTE FUNCTION portal_is_append_only();
CREATE TRIGGER portal_invoices_are_final BEFORE UPDATE OR DELETE ON portal_invoices
    FOR EACH ROW EXECUTE FUNCTION portal_is_append_only();

-- +goose Down
DROP TABLE portal_meter_events;
DROP TABLE portal_invoices;
DROP TABLE portal_billing_lines;
DROP TABLE portal_billing_months;
DROP TABLE portal_billing_customers;
DROP TABLE portal_prices;
