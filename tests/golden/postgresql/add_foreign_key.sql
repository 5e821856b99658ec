-- expand

-- before contract, beside writers

ALTER TABLE "public"."lines" ADD CONSTRAINT "evolver_key_221616cdc1d3" FOREIGN KEY ("package") REFERENCES "public"."packages" ON DELETE NO ACTION ON UPDATE NO ACTION NOT VALID;
ALTER TABLE "public"."lines" VALIDATE CONSTRAINT "evolver_key_221616cdc1d3";

-- contract

-- add foreign key line_package to lines
ALTER TABLE "public"."lines" VALIDATE CONSTRAINT "evolver_key_221616cdc1d3";
ALTER TABLE "public"."lines" RENAME CONSTRAINT "evolver_key_221616cdc1d3" TO "line_package";

-- undo

-- no longer prove that lines (package) is in packages
ALTER TABLE "public"."lines" DROP CONSTRAINT IF EXISTS "evolver_key_221616cdc1d3";

