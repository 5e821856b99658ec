-- expand

-- contract

-- drop view names
DROP VIEW "names";

-- undo

