-- +goose Up
-- A table that is emptied at once is no row that is deleted.
CREATE TRIGGER portal_audit_is_not_emptied BEFORE TRUNCATE ON portal_audit FOR EACH STATEMENT EXECUTE FUNCTION portal_is_append_only();
CREATE TRIGGER portal_billing_months_are_not_emptied BEFORE TRUNCATE ON portal_billing_months FOR EACH STATEMENT EXECUTE FUNCTION portal_is_append_only();
CREATE TRIGGER portal_billing_lines_are_not_emptied BEFORE TRUNCATE ON portal_billing_lines FOR EACH STATEMENT EXECUTE FUNCTION portal_is_append_only();
CREATE TRIGGER portal_invoices_are_not_emptied BEFORE TRUNCATE ON portal_invoices FOR EACH STATEMENT EXECUTE FUNCTION portal_is_append_only();

-- +goose Down
DROP TRIGGER portal_invoices_are_not_emptied ON portal_invoices;
DROP TRIGGER portal_billing_lines_are_not_emptied ON portal_billing_lines;
DROP TRIGGER portal_billing_months_are_not_emptied ON portal_billing_months;
DROP TRIGGER portal_audit_is_not_emptied ON portal_audit;
