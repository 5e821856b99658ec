-- expand

-- create view names
CREATE VIEW "public"."names" AS SELECT name FROM packages;

-- contract

-- undo

-- drop view names
DROP VIEW "public"."names";

