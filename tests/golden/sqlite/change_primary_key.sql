-- expand

-- create index packages_key
CREATE INDEX "packages_key" ON "packages" ("name", "section");

-- contract

-- rebuild table packages
CREATE TABLE "evolver_shadow_packages" ("id" INTEGER, "name" TEXT NOT NULL, "size" TEXT, "section" TEXT NOT NULL DEFAULT ('main'), PRIMARY KEY ("name", "section"));
CREATE INDEX "evolver_shadow_by_section" ON "evolver_shadow_packages" ("section");
INSERT INTO "evolver_shadow_packages" ("rowid", "id", "name", "size", "section") SELECT "rowid", "id", "name", "size", "section" FROM "packages" WHERE 1 ORDER BY "id";
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT 'table', 'evolver_trash_1', 'evolver_trash_1', rootpage, 'CREATE TABLE "evolver_trash_1" ("id" INTEGER, "name" TEXT NOT NULL, "size" TEXT, "section" TEXT NOT NULL DEFAULT (''main''))' FROM sqlite_schema WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT 'index', 'evolver_trash_1_1', 'evolver_trash_1', rootpage, 'CREATE INDEX "evolver_trash_1_1" ON "evolver_trash_1" ("section")' FROM sqlite_schema WHERE type = 'index' AND name = 'by_section' COLLATE NOCASE;
DELETE FROM sqlite_schema WHERE type = 'index' AND name = 'by_section' COLLATE NOCASE;
INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT 'index', 'evolver_trash_1_2', 'evolver_trash_1', rootpage, 'CREATE INDEX "evolver_trash_1_2" ON "evolver_trash_1" ("name", "section")' FROM sqlite_schema WHERE type = 'index' AND name = 'packages_key' COLLATE NOCASE;
DELETE FROM sqlite_schema WHERE type = 'index' AND name = 'packages_key' COLLATE NOCASE;
UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'evolver_shadow_packages' COLLATE NOCASE), sql = 'CREATE TABLE "packages" ("id" INTEGER, "name" TEXT NOT NULL, "size" TEXT, "section" TEXT NOT NULL DEFAULT (''main''), PRIMARY KEY ("name", "section"))' WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
UPDATE sqlite_schema SET name = 'sqlite_autoindex_' || 'packages' || substr(name, length('sqlite_autoindex_' || 'evolver_shadow_packages') + 1), tbl_name = 'packages' WHERE type = 'index' AND tbl_name = 'evolver_shadow_packages' COLLATE NOCASE AND sql IS NULL;
UPDATE sqlite_schema SET name = 'by_section', tbl_name = 'packages', sql = 'CREATE INDEX "by_section" ON "packages" ("section")' WHERE type = 'index' AND name = 'evolver_shadow_by_section' COLLATE NOCASE;
DELETE FROM sqlite_schema WHERE type = 'table' AND name = 'evolver_shadow_packages' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;
DROP TABLE "evolver_trash_1";

-- undo

-- drop index packages_key
DROP INDEX IF EXISTS "packages_key";

