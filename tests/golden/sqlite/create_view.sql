-- expand

-- create view small "ones"
CREATE VIEW "small ""ones""" AS SELECT name FROM packages WHERE size < 100;

-- contract

-- undo

-- drop view small "ones"
DROP VIEW "small ""ones""";

