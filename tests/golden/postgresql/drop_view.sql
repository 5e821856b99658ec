-- expand

-- contract

-- drop view names
DROP VIEW "public"."names";

-- undo

