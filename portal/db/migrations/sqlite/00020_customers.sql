-- +goose Up
-- What staff wrote down about customers, who are the server's.
CREATE TABLE portal_customers (
    user_id  TEXT PRIMARY KEY,
    company  TEXT NOT NULL,
    contacts TEXT NOT NULL -- persons and addresses, in lines
);

-- +goose Down
DROP TABLE portal_customers;
