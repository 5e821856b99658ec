#pragma once

/// The plan: the ordered migrations of one application, from its first release to this one.
///
/// It is shared by the application, its tests and its operator's tool. Migrations are only ever appended: one that was applied
/// anywhere is never edited, reordered or taken out, and evolver refuses a plan that was changed so. Write one function per
/// migration where there are many: 200 in one expression take a compiler 15 s.

#include "evolver/plan/directory_options.hpp"
#include "evolver/plan/migration.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace evolver {

/// A value; copies share their contents. Safe to use from any number of threads.
class Plan {
public:
    /// Requires: at least one migration; ids differ; every migration has an operation; a release's migrations stand together.
    /// Throws PlanError that names the migration. What needs a database to be judged is judged by expand() and dry_run(), before
    /// their first write.
    /// Cost: one digest per migration.
    Plan(Name name, std::vector<Migration> migrations);

    /// The plan of a folder of SQL files, in any of the usual layouts; compile/directory.hpp says which, and what
    /// becomes of each file. Throws PlanError that names the file. Touches no database.
    [[nodiscard]] static Plan from_directory(std::string const& path, DirectoryOptions const& options = {});
    /// The same from texts that the program holds already, as evolver_embed_migrations() of CMake compiles them in.
    [[nodiscard]] static Plan from_files(std::span<SqlFile const> files, DirectoryOptions const& options);

    [[nodiscard]] std::string const& name() const noexcept;
    [[nodiscard]] std::span<Migration const> migrations() const& noexcept;
    /// They are the plan's own: keep the plan while you look at them.
    std::span<Migration const> migrations() const&& = delete;

    /// The plan as `release` knew it: everything up to its last migration. Throws PlanError if the plan does not name it.
    [[nodiscard]] Plan until(Release const& release) const;

    /// The releases in order.
    [[nodiscard]] std::span<Release const> releases() const noexcept;
    /// The position of `release` among them, from 0; throws PlanError if the plan does not name it.
    [[nodiscard]] std::size_t position_of(Release const& release) const;

    /// The digest of migration `position` alone.
    [[nodiscard]] std::string const& digest(std::size_t position) const;
    /// The digest of all migrations up to and with `position`: equal exactly when the whole history is.
    [[nodiscard]] std::string const& chain(std::size_t position) const;
    /// The digest of the plan: the chain of its last migration.
    [[nodiscard]] std::string const& digest() const noexcept;

private:
    struct Contents;
    std::shared_ptr<Contents const> contents_;
};

}  // namespace evolver
