-- expand

-- contract

-- declare column lines.note
ALTER TABLE "public"."lines" ALTER COLUMN "note" DROP DEFAULT;
ALTER TABLE "public"."lines" ALTER COLUMN "note" DROP NOT NULL;

-- undo

