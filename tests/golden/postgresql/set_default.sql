-- expand

-- contract

-- declare column packages.size
ALTER TABLE "public"."packages" ALTER COLUMN "size" SET DEFAULT '0';
ALTER TABLE "public"."packages" ALTER COLUMN "size" DROP NOT NULL;

-- undo

