-- +goose Up
-- A row that is put in the place of another by its rowid is a change as well.
DROP TRIGGER portal_audit_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_audit_no_replace BEFORE INSERT ON portal_audit WHEN EXISTS (SELECT 1 FROM portal_audit WHERE seq = NEW.seq OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'portal_audit is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_billing_months_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_billing_months_no_replace BEFORE INSERT ON portal_billing_months WHEN EXISTS (SELECT 1 FROM portal_billing_months WHERE month = NEW.month OR place = NEW.place OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'portal_billing_months is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_billing_lines_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_billing_lines_no_replace BEFORE INSERT ON portal_billing_lines WHEN EXISTS (SELECT 1 FROM portal_billing_lines WHERE month = NEW.month AND number = NEW.number OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'portal_billing_lines is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_invoices_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_invoices_no_replace BEFORE INSERT ON portal_invoices WHEN EXISTS (SELECT 1 FROM portal_invoices WHERE number = NEW.number OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'portal_invoices is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER portal_invoices_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_invoices_no_replace BEFORE INSERT ON portal_invoices WHEN EXISTS (SELECT 1 FROM portal_invoices WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'portal_invoices is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_billing_lines_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_billing_lines_no_replace BEFORE INSERT ON portal_billing_lines WHEN EXISTS (SELECT 1 FROM portal_billing_lines WHERE month = NEW.month AND number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'portal_billing_lines is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_billing_months_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_billing_months_no_replace BEFORE INSERT ON portal_billing_months WHEN EXISTS (SELECT 1 FROM portal_billing_months WHERE month = NEW.month OR place = NEW.place)
BEGIN
    SELECT RAISE(ABORT, 'portal_billing_months is append-only');
END;
-- +goose StatementEnd
DROP TRIGGER portal_audit_no_replace;
-- +goose StatementBegin
CREATE TRIGGER portal_audit_no_replace BEFORE INSERT ON portal_audit WHEN EXISTS (SELECT 1 FROM portal_audit WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'portal_audit is append-only');
END;
-- +goose StatementEnd
