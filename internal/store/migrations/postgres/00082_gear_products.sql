-- +goose Up
-- Who made the gear that activities name, as the list of an account export says.
CREATE TABLE gear_products (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source  TEXT NOT NULL, -- the provider of the export
    kind    TEXT NOT NULL, -- bike or shoes: a list of the export
    name    TEXT NOT NULL, -- as activities name it
    make    TEXT NOT NULL,
    model   TEXT NOT NULL,
    PRIMARY KEY (user_id, source, kind, name)
);

-- +goose Down
DROP TABLE gear_products;
