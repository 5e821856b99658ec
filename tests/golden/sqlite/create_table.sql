-- expand

-- create table files
CREATE TABLE "files" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "package" BIGINT NOT NULL, "path" TEXT NOT NULL COLLATE "NOCASE", "mode" BIGINT NOT NULL DEFAULT (420), "length" BIGINT GENERATED ALWAYS AS (length(path)) STORED, CONSTRAINT "one_path" UNIQUE ("package", "path"), CONSTRAINT "a mode" CHECK (mode >= 0), FOREIGN KEY ("package") REFERENCES "packages" ("id") ON DELETE CASCADE ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED);

-- contract

-- undo

-- drop table files
DROP TABLE "files";

