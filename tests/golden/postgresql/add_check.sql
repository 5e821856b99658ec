-- expand

-- before contract, beside writers

ALTER TABLE "public"."packages" ADD CONSTRAINT "evolver_check_247e547d3eb8" CHECK (name <> ''
) NOT VALID;
ALTER TABLE "public"."packages" VALIDATE CONSTRAINT "evolver_check_247e547d3eb8";

-- contract

-- add check named to packages
ALTER TABLE "public"."packages" VALIDATE CONSTRAINT "evolver_check_247e547d3eb8";
ALTER TABLE "public"."packages" RENAME CONSTRAINT "evolver_check_247e547d3eb8" TO "named";

-- undo

-- no longer prove that packages: name <> ''
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_check_247e547d3eb8";

