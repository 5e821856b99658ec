-- expand

-- contract

-- rename table Packages to par "cels"
ALTER TABLE "Packages" RENAME TO "par ""cels""";

-- undo

