-- expand

-- contract

-- drop check has_name of packages
ALTER TABLE "public"."packages" DROP CONSTRAINT "has_name";

-- undo

