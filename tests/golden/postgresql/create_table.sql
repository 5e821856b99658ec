-- expand

-- create table lines
CREATE TABLE "public"."lines" ("id" bigint, "package" bigint, PRIMARY KEY ("id"), CONSTRAINT "line_package" FOREIGN KEY ("package") REFERENCES "public"."packages" ON DELETE NO ACTION ON UPDATE NO ACTION);

-- contract

-- undo

-- drop table lines
DROP TABLE "public"."lines";

