-- expand

-- contract

-- drop view NAMES
DROP VIEW "NAMES";

-- create view NAMES
CREATE VIEW "NAMES" AS SELECT upper(name) AS name FROM packages;

-- undo

