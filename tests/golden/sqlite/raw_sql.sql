-- expand

-- run SQL
CREATE TABLE log (what TEXT); CREATE TRIGGER logged AFTER UPDATE ON packages BEGIN INSERT INTO log VALUES ('a; b'); END;

-- contract

-- run SQL
CREATE INDEX by_what ON log (what);;

-- undo

-- run SQL
DROP TRIGGER logged; DROP TABLE log;

