-- expand

-- contract

-- drop unique constraint one_name of packages
ALTER TABLE "public"."packages" DROP CONSTRAINT "one_name";

-- undo

