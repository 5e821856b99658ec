-- expand

-- contract

-- drop foreign key line_package of lines
ALTER TABLE "public"."lines" DROP CONSTRAINT "line_package";

-- undo

