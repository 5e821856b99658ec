-- expand

-- contract

-- drop view names
DROP VIEW "public"."names";

-- create view names
CREATE VIEW "public"."names" AS SELECT name, size FROM packages;

-- undo

