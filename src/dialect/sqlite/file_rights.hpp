#pragma once

// Files that are made for a database are never more open than it is.
//
// SQLite makes a new file as open as the umask lets it, whatever rights the database has that is copied into it. So the file is made here, empty, before
// anything is in it. Each call does nothing where the file is there already, or the database is not: whoever opens it next says what is wrong.

#include <string>

namespace evolver::sqlite {

/// For what holds rows, or tells of them, and belongs to who has asked for it: a copy, a report. It has at most the rights of `model`, which may be
/// another file than a database, and at most those that the umask leaves. Where it is of another group than `model`, that group may do what
/// everybody may.
void make_no_more_open(std::string const& path, std::string const& model);

/// For what whoever uses the database has to use, too: the owner, as far as this process may give it away, and the rights of `database`, as SQLite gives
/// them to the -wal.
void make_beside(std::string const& path, std::string const& database);

}  // namespace evolver::sqlite
