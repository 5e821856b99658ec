-- Rows for the database that ci/migrations makes: one of each kind that the real one has.
INSERT INTO packages (name, size) VALUES ('libc6', '12345'), ('empty', '0'), ('unknown', NULL);
