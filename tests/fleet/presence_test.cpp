#include "fleet/presence.hpp"

#include "evolver/error.hpp"
#include "fleet/child.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

using namespace evolver;
using namespace evolver::tests;
using namespace std::chrono_literals;

namespace {

/// A child that joins as release 1.0, says 'j', and stays until it is told anything.
Child joined_child(std::string const& database) {
    return Child{[=](Line line) {
        auto const presence = Presence::join(database, "catalogue", "1.0");
        line.say('j');
        static_cast<void>(line.hear());
        return 0;
    }};
}

/// A child that joins as release 1.0, takes a use, says 'u', and keeps it until it is told anything; then it says 'e'.
Child using_child(std::string const& database) {
    return Child{[=](Line line) {
        auto const presence = Presence::join(database, "catalogue", "1.0");
        {
            auto const use = presence->use();
            line.say('u');
            static_cast<void>(line.hear());
        }
        line.say('e');
        static_cast<void>(line.hear());
        return 0;
    }};
}

/// A child that begins a move as release 2.0, says 'm', and when it is told anything ends it with epoch 7 and says 'd'.
Child moving_child(std::string const& database) {
    return Child{[=](Line line) {
        auto const presence = Presence::join(database, "catalogue", "2.0");
        auto move = presence->move(5s);
        line.say('m');
        static_cast<void>(line.hear());
        move.done(7);
        line.say('d');
        static_cast<void>(line.hear());
        return 0;
    }};
}

template <typename Action>
std::optional<Error> error_of(Action action) {
    try {
        action();
    } catch (Error const& error) {
        return error;
    }
    return std::nullopt;
}

bool says(std::optional<Error> const& error, std::string const& text) {
    return error && std::string{error->what()}.find(text) != std::string::npos;
}

std::string name_of(Child const& child) { return "process " + std::to_string(child.id()); }

}  // namespace

TEST_CASE("presence: an instance is seen by the others, with its process, release and plan, until it leaves") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto child = joined_child(folder.database());
    REQUIRE(child.line().hear() == 'j');

    auto const found = own->instances();
    REQUIRE(found.size() == 2);
    CHECK(found[0].own);
    CHECK(found[0].process == getpid());
    CHECK(found[0].release == "2.0");
    CHECK_FALSE(found[1].own);
    CHECK(found[1].process == child.id());
    CHECK(found[1].release == "1.0");
    CHECK(found[1].plan == "catalogue");

    child.line().say('x');
    CHECK(child.result() == 0);
    CHECK(own->instances().size() == 1);
}

TEST_CASE("presence: who enters where another has left is seen like everybody, before and after it maps the file") {
    Folder const folder;
    auto const database = folder.database();
    auto const watcher = Presence::join(database, "catalogue", "2.0");
    Presence::join(database, "catalogue", "1.9").reset();
    auto const seen = [&] {
        std::string text;
        for (auto const& one : watcher->instances()) {
            if (!one.own) text += one.release + " of " + one.plan + " in " + std::to_string(one.process) + ";";
        }
        return text;
    };
    auto const expected = "1.0 of other in " + std::to_string(getpid()) + ";";
    {
        auto const entered = Presence::enter(database, "other", "1.0");
        CHECK(seen() == expected);
        CHECK(entered->at_rest());
        entered->map();
        CHECK(seen() == expected);
        auto const use = entered->use();
        CHECK_THROWS_AS((void)watcher->move(5ms), Error);
    }
    CHECK(seen() == "");
    Presence::enter(database, "other", "1.0").reset();
    CHECK(seen() == "");
}

TEST_CASE("presence: who enters a new file, or one without a place left behind, joins it") {
    Folder const folder;
    auto const database = folder.database();
    auto const first = Presence::enter(database, "catalogue", "1.0");
    auto const second = Presence::enter(database, "catalogue", "2.0");
    CHECK(first->instances().size() == 2);
    CHECK(second->at_rest());
}

TEST_CASE("presence: who has entered is not at rest while another moves the shape") {
    Folder const folder;
    auto const database = folder.database();
    auto const mover = Presence::join(database, "catalogue", "2.0");
    Presence::join(database, "catalogue", "1.0").reset();
    auto const entered = Presence::enter(database, "catalogue", "1.0");
    {
        auto const move = mover->move(1s);
        CHECK_FALSE(entered->at_rest());
    }
    CHECK(entered->at_rest());
    entered->map();
    auto const move = mover->move(1s);
    CHECK_FALSE(entered->at_rest());
}

TEST_CASE("presence: two instances in one process are two") {
    Folder const folder;
    auto const first = Presence::join(folder.database(), "catalogue", "1.0");
    auto second = Presence::join(folder.database(), "catalogue", "2.0");
    CHECK(first->instances().size() == 2);
    CHECK(second->instances().size() == 2);
    second.reset();
    CHECK(first->instances().size() == 1);
    CHECK(first->instances().front().release == "1.0");
}

TEST_CASE("presence: joining writes nothing into the database") {
    Folder const folder;
    auto const database = folder.database();
    auto const before = std::filesystem::last_write_time(database);
    auto const own = Presence::join(database, "catalogue", "1.0");
    CHECK(std::filesystem::file_size(database) == 0);
    CHECK(std::filesystem::last_write_time(database) == before);
}

TEST_CASE("presence: an instance that was killed is gone at once") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto child = joined_child(folder.database());
    REQUIRE(child.line().hear() == 'j');
    REQUIRE(own->instances().size() == 2);
    child.kill();
    CHECK(own->instances().size() == 1);
}

TEST_CASE("presence: a stopped instance stays") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto const child = joined_child(folder.database());
    REQUIRE(child.line().hear() == 'j');
    child.stop();
    CHECK(own->instances().size() == 2);
}

TEST_CASE("presence: the place of a killed instance is taken again, without the uses it died in") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    for (int death = 0; death < 20; ++death) {
        auto child = using_child(folder.database());
        REQUIRE(child.line().hear() == 'u');
        child.kill();
    }
    auto const next = Presence::join(folder.database(), "catalogue", "3.0");
    auto const found = own->instances();
    REQUIRE(found.size() == 2);
    CHECK(found[1].release == "3.0");
    CHECK(found[1].active == 0);
}

TEST_CASE("presence: eight processes join at once on a new file") {
    for (int round = 0; round < 20; ++round) {
        Folder const folder;
        auto const database = folder.database();
        std::vector<Child> children;
        for (int i = 0; i < 8; ++i) {
            children.emplace_back([=](Line line) {
                static_cast<void>(line.hear());
                auto const presence = Presence::join(database, "catalogue", "1.0");
                line.say('j');
                static_cast<void>(line.hear());
                return static_cast<int>(presence->instances().size());
            });
        }
        for (auto const& child : children) child.line().say('g');
        for (auto const& child : children) REQUIRE(child.line().hear() == 'j');
        auto const own = Presence::join(database, "catalogue", "2.0");
        auto const found = own->instances();
        CHECK(found.size() == 9);
        for (auto const& child : children) {
            CHECK(std::count_if(found.begin(), found.end(),
                                [&](auto const& one) { return one.process == child.id(); }) == 1);
        }
    }
}

TEST_CASE("presence: a move waits for a use in another process and names it when the time is over") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto const child = using_child(folder.database());
    REQUIRE(child.line().hear() == 'u');
    auto const before = own->epoch();

    auto const error = error_of([&] { static_cast<void>(own->move(50ms)); });
    REQUIRE(error);
    CHECK(error->retry_helps());
    CHECK(says(error, name_of(child)));
    CHECK(says(error, "release 1.0"));
    CHECK(own->epoch() == before);  // nothing has changed, so nobody needs to look

    std::atomic<bool> told = false;
    std::thread end{[&] {
        told = true;
        child.line().say('x');
    }};
    auto const move = own->move(5s);
    CHECK(told);
    CHECK(own->instances()[1].active == 0);
    end.join();
}

TEST_CASE("presence: after a move that gave up, statements go on") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto const child = using_child(folder.database());
    REQUIRE(child.line().hear() == 'u');
    CHECK_THROWS_AS(static_cast<void>(own->move(5ms)), Error);
    CHECK_NOTHROW(static_cast<void>(own->use(1ms)));
}

TEST_CASE("presence: a move waits for a use of another thread of its own instance, too") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto use = std::make_optional(own->use());
    CHECK(says(error_of([&] { static_cast<void>(own->move(5ms)); }), "process " + std::to_string(getpid())));
    use.reset();
    CHECK_NOTHROW(static_cast<void>(own->move(5ms)));
}

TEST_CASE(
    "presence: a move does not wait for an instance that is stopped between two uses, and its next use sees the new "
    "epoch") {
    Folder const folder;
    auto const database = folder.database();
    auto const own = Presence::join(database, "catalogue", "2.0");
    Child child{[=](Line line) {
        auto const presence = Presence::join(database, "catalogue", "1.0");
        line.say('j');
        static_cast<void>(line.hear());
        return static_cast<int>(presence->use().epoch());
    }};
    REQUIRE(child.line().hear() == 'j');
    child.stop();
    CHECK(own->move(50ms).done(42) == 42);
    child.go_on();
    child.line().say('x');
    CHECK(child.result() == 42);
}

TEST_CASE("presence: a move does not wait for an instance that was killed in the middle of a use") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "2.0");
    auto child = using_child(folder.database());
    REQUIRE(child.line().hear() == 'u');
    child.kill();
    CHECK_NOTHROW(static_cast<void>(own->move(0ms)));
}

TEST_CASE("presence: a use that starts during a move waits and then sees the new epoch") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto const mover = moving_child(folder.database());
    REQUIRE(mover.line().hear() == 'm');
    CHECK_THROWS_AS(static_cast<void>(own->use(5ms)), Error);
    std::atomic<bool> told = false;
    std::thread end{[&] {
        told = true;
        mover.line().say('x');
    }};
    auto const use = own->use();
    CHECK(told);
    CHECK(use.epoch() == 7);
    CHECK(own->epoch() == 7);
    end.join();
}

TEST_CASE("presence: a use gives up at its limit and names the mover") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto const mover = moving_child(folder.database());
    REQUIRE(mover.line().hear() == 'm');
    mover.stop();
    auto const error = error_of([&] { static_cast<void>(own->use(20ms)); });
    REQUIRE(error);
    CHECK(error->retry_helps());
    CHECK(says(error, name_of(mover)));
    CHECK(own->instances().front().active == 0);
    mover.go_on();
    mover.line().say('x');
    REQUIRE(mover.line().hear() == 'd');
    CHECK(own->use(0ms).epoch() == 7);
}

TEST_CASE("presence: a mover that was killed leaves no lock behind, and everybody looks again") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto const before = own->epoch();
    auto mover = moving_child(folder.database());
    REQUIRE(mover.line().hear() == 'm');
    mover.kill();
    SUBCASE("a use finds it") { CHECK(own->use(1s).epoch() > before); }
    SUBCASE("the next mover finds it") { CHECK(own->move(0ms).done(0) > before + 1); }
    CHECK_NOTHROW(static_cast<void>(own->use(0ms)));
}

TEST_CASE("presence: one mover at a time, and the second waits, then names the first") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto const mover = moving_child(folder.database());
    REQUIRE(mover.line().hear() == 'm');
    auto const error = error_of([&] { static_cast<void>(own->move(20ms)); });
    CHECK(says(error, name_of(mover)));
    REQUIRE(error);
    CHECK(error->retry_helps());
    mover.line().say('x');
    CHECK_NOTHROW(static_cast<void>(own->move(5s)));
}

TEST_CASE("presence: threads of one instance exclude each other as movers") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto first = std::make_optional(own->move(0ms));
    CHECK_THROWS_AS(static_cast<void>(own->move(5ms)), Error);
    CHECK_THROWS_AS(static_cast<void>(own->use(5ms)), Error);
    first.reset();
    CHECK_NOTHROW(static_cast<void>(own->move(0ms)));
}

TEST_CASE("presence: a copy of a use does not wait for the mover that waits for the original") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto original = std::make_optional(own->use());
    std::atomic<bool> moved = false;
    std::thread mover{[&] {
        auto const move = own->move(5s);
        moved = true;
    }};
    while (error_of([&] { static_cast<void>(own->use(0ms)); }) == std::nullopt) std::this_thread::yield();
    auto copy = std::make_optional(*original);
    CHECK(copy->epoch() == original->epoch());
    original.reset();
    CHECK_THROWS_AS(static_cast<void>(own->use(5ms)), Error);
    CHECK_FALSE(moved);
    copy.reset();
    mover.join();
    CHECK(moved);
    CHECK(own->instances().front().active == 0);
}

TEST_CASE("presence: a use that was moved from or assigned over is counted once") {
    auto const own = Presence::alone();
    {
        auto first = own->use();
        auto second = std::move(first);
        auto third = own->use();
        third = second;
        CHECK(own->instances().front().active == 2);
    }
    CHECK(own->instances().front().active == 0);
}

TEST_CASE("presence: the epoch rises with every publication, whatever number is published") {
    Folder const folder;
    auto const own = Presence::join(folder.database(), "catalogue", "1.0");
    auto const other = Presence::join(folder.database(), "catalogue", "2.0");
    CHECK(own->epoch() == 0);
    CHECK(own->publish(5) == 5);
    CHECK(other->use().epoch() == 5);
    CHECK(other->publish(5) == 6);
    CHECK(own->publish(2) == 7);  // a restored backup counts from a lower number: still a change
    CHECK(own->epoch() == 7);
}

TEST_CASE("presence: a publication during a move does not end the move") {
    auto const own = Presence::alone();
    auto move = own->move(0ms);
    own->publish(5);
    CHECK_THROWS_AS(static_cast<void>(own->use(1ms)), Error);
    CHECK(move.done(0) == 6);
    CHECK(own->use(0ms).epoch() == 6);
}

TEST_CASE(
    "presence: a move that ends without a result raises the epoch, since its caller may have failed after the commit") {
    auto const own = Presence::alone();
    static_cast<void>(own->move(0ms));
    CHECK(own->use(0ms).epoch() == 1);
}

TEST_CASE("presence: the epoch outlives the instances") {
    Folder const folder;
    Presence::join(folder.database(), "catalogue", "1.0")->publish(9);
    CHECK(Presence::join(folder.database(), "catalogue", "1.0")->epoch() == 9);
}

TEST_CASE("presence: alone behaves the same within its process") {
    auto const own = Presence::alone("catalogue", "2.0");
    CHECK_FALSE(own->shared());
    auto const found = own->instances();
    REQUIRE(found.size() == 1);
    CHECK(found.front().own);
    CHECK(found.front().release == "2.0");
    {
        auto const use = own->use();
        CHECK_THROWS_AS(static_cast<void>(own->move(1ms)), Error);
    }
    auto move = own->move(0ms);
    CHECK_THROWS_AS(static_cast<void>(own->use(1ms)), Error);
    std::thread user{[&] { CHECK(own->use(5s).epoch() == 3); }};
    move.done(3);
    user.join();
}

TEST_CASE("presence: a child of fork that destroys its copy leaves its parent registered") {
    Folder const folder;
    auto const database = folder.database();
    auto own = Presence::join(database, "catalogue", "1.0");
    Child child{[&](Line) {
        own.reset();
        return 0;
    }};
    CHECK(child.result() == 0);
    auto const other = Presence::join(database, "catalogue", "2.0");
    CHECK(other->instances().size() == 2);
}

TEST_CASE("presence: a child of fork that keeps its copy does not keep its parent registered after it has left") {
    Folder const folder;
    auto own = Presence::join(folder.database(), "catalogue", "1.0");
    Child const child{[&](Line line) {
        static_cast<void>(line.hear());
        return 0;
    }};
    own.reset();
    auto const other = Presence::join(folder.database(), "catalogue", "2.0");
    CHECK(other->instances().size() == 1);
}

TEST_CASE("presence: the file has the rights of the database, whatever the umask") {
    Folder const folder;
    auto const database = folder.database();
    REQUIRE(chmod(database.c_str(), 0664) == 0);
    auto const mask = umask(0077);
    auto const own = Presence::join(database, "catalogue", "1.0");
    umask(mask);
    struct stat about {};
    REQUIRE(stat((database + "-evolver").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777U) == 0664U);
}

TEST_CASE("presence: where the folder cannot be written, it says so with the file and the system's code") {
    Folder const folder;
    auto const database = folder.database();
    auto const place = std::filesystem::path{database}.parent_path();
    REQUIRE(chmod(place.c_str(), 0555) == 0);
    Child child{[=](Line) {
        if (geteuid() == 0 && setuid(65534) != 0) return 2;
        auto const error = error_of([&] { static_cast<void>(Presence::join(database, "catalogue", "1.0")); });
        return error && error->native_code() == EACCES && error->object() == database + "-evolver" &&
                       !error->instead().empty() && !error->retry_helps()
                   ? 0
                   : 1;
    }};
    CHECK(child.result() == 0);
    REQUIRE(chmod(place.c_str(), 0755) == 0);
}

TEST_CASE("presence: a link in the place of the file is not followed") {
    Folder const folder;
    auto const database = folder.database();
    std::filesystem::create_symlink(folder.file("elsewhere"), database + "-evolver");
    auto const error = error_of([&] { static_cast<void>(Presence::join(database, "catalogue", "1.0")); });
    REQUIRE(error);
    CHECK_FALSE(std::filesystem::exists(folder.file("elsewhere")));
}

TEST_CASE("presence: a file of another layout is refused, not read") {
    Folder const folder;
    auto const database = folder.database();
    std::ofstream{database + "-evolver"} << "evolver\x7f" << std::string(8000, 'x');
    CHECK(says(error_of([&] { static_cast<void>(Presence::join(database, "catalogue", "1.0")); }), "another version"));
}

TEST_CASE("presence: a file that was deleted under its instances is noticed before anything is decided by it") {
    Folder const folder;
    auto const database = folder.database();
    auto const own = Presence::join(database, "catalogue", "1.0");
    std::filesystem::remove(database + "-evolver");
    auto const later = Presence::join(database, "catalogue", "2.0");
    CHECK(says(error_of([&] { static_cast<void>(own->instances()); }), "Restart"));
    CHECK(says(error_of([&] { static_cast<void>(own->move(0ms)); }), "Restart"));
    CHECK_NOTHROW(static_cast<void>(own->use()));
}

TEST_CASE("presence: a release's name that does not fit is refused, a plan's becomes a label that is its own") {
    Folder const folder;
    CHECK_THROWS_AS(static_cast<void>(Presence::join(folder.database(), "catalogue", std::string(64, 'r'))), Error);
    std::string const longest(31, 'p');
    CHECK(Presence::plan_label(longest) == longest);
    auto const label = Presence::plan_label(longest + "a");
    CHECK(label.size() == 31);
    CHECK(label != Presence::plan_label(longest + "b"));
    auto const own = Presence::join(folder.database(), longest + "a", std::string(63, 'r'));
    CHECK(own->instances().front().plan == label);
    CHECK(own->instances().front().release == std::string(63, 'r'));
}

TEST_CASE("presence: a hundred instances find a slot each") {
    Folder const folder;
    std::vector<std::shared_ptr<Presence>> all;
    for (int i = 0; i < 100; ++i) all.push_back(Presence::join(folder.database(), "catalogue", std::to_string(i)));
    auto const found = all.front()->instances();
    REQUIRE(found.size() == 100);
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].release == std::to_string(i));
}

namespace {

// What stands for the schema in the stress test: plain numbers, which only the moves keep apart from the uses.
struct Shape {
    std::uint64_t left;
    std::uint64_t epoch;  // before the move that wrote it
    std::uint64_t right;
    std::atomic<std::uint64_t> uses;
};

class SharedShape {
public:
    SharedShape() : memory_{mmap(nullptr, sizeof(Shape), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)} {}
    ~SharedShape() { munmap(memory_, sizeof(Shape)); }
    SharedShape(SharedShape const&) = delete;
    SharedShape& operator=(SharedShape const&) = delete;
    Shape& operator*() const { return *static_cast<Shape*>(memory_); }

private:
    void* memory_;
};

/// Uses the shape until `end`; false if it ever was half changed, or changed without a new epoch.
bool use_until(std::atomic<bool> const& end, Presence& presence, Shape& shape) {
    std::uint64_t seen_epoch = 0;
    std::uint64_t seen = 0;
    while (!end) {
        auto const use = presence.use(20s);
        auto const left = shape.left;
        for (int i = 0; i < 20; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        bool const older = use.epoch() < seen_epoch || (use.epoch() == seen_epoch && left != seen);
        if (left != shape.right || older || (left != 0 && shape.epoch >= use.epoch())) return false;
        seen_epoch = use.epoch();
        seen = left;
        shape.uses.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
}

void change(Presence& presence, Shape& shape, int moves) {
    for (int i = 0; i < moves; ++i) {
        auto move = presence.move(20s);
        auto const value = shape.left + 1;
        shape.left = value;
        shape.epoch = presence.epoch();
        std::this_thread::yield();
        shape.right = value;
        move.done(0);
    }
}

/// Two threads that use the shape and one that changes it.
int use_and_change(std::string const& database, Shape& shape, int moves) {
    auto const presence = Presence::join(database, "catalogue", "1.0");
    std::atomic<bool> end = false;
    std::atomic<bool> right = true;
    auto const user = [&] {
        if (!use_until(end, *presence, shape)) right = false;
    };
    std::thread first{user};
    std::thread second{user};
    change(*presence, shape, moves);
    end = true;
    first.join();
    second.join();
    return right ? 0 : 1;
}

}  // namespace

TEST_CASE(
    "presence: processes and threads that use the shape never see it half changed, while others change it and some are "
    "killed") {
    Folder const folder;
    auto const database = folder.database();
    SharedShape const shape;
    constexpr int processes = 3;
    constexpr int moves = 4000;
    std::vector<Child> children;
    for (int i = 0; i < processes; ++i) {
        children.emplace_back([&](Line) { return use_and_change(database, *shape, moves); });
    }
    for (int victim = 0; victim < 30; ++victim) {
        Child child{[&](Line line) {
            std::atomic<bool> const never = false;
            auto const presence = Presence::join(database, "catalogue", "1.0");
            line.say('j');
            return use_until(never, *presence, *shape) ? 0 : 1;
        }};
        REQUIRE(child.line().hear() == 'j');
        for (auto const end = (*shape).uses + 40U * static_cast<unsigned>(victim); (*shape).uses < end;) {
            std::this_thread::yield();
        }
        CHECK(waitpid(child.id(), nullptr, WNOHANG) == 0);  // still runs: it has seen nothing wrong
        child.kill();
    }
    for (auto& child : children) CHECK(child.result() == 0);
    CHECK((*shape).left == processes * moves);
    CHECK((*shape).uses > 0);
    auto const own = Presence::join(database, "catalogue", "1.0");
    CHECK(own->instances().size() == 1);
    CHECK_NOTHROW(static_cast<void>(own->move(0ms)));
}
