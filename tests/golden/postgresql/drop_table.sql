-- expand

-- contract

-- drop table lines
DROP TABLE "public"."lines";

-- undo

