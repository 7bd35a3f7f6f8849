// Xapian beside our index (bench/peers/run drives it; the orders are described there):
//   peer_xapian build PASSAGES.tok FOLDER
//   peer_xapian serve FOLDER QUESTIONS.tok
// Terms with their frequency, no positions, no document data; BM25 as Xapian has it.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <xapian.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

static const unsigned hits_max = 20;

static long long now_us(clockid_t clock)
{
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static std::vector<std::string> read_lines(const char *path)
{
    std::vector<std::string> lines;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// A term longer than Xapian takes (245 bytes) is cut; questions have none.
static std::string fit(const std::string &term)
{
    return term.size() > 240 ? term.substr(0, 240) : term;
}

static Xapian::Document document(const std::string &line)
{
    Xapian::Document doc;
    std::istringstream in(line);
    std::string id, region, kind, term;
    std::unordered_map<std::string, unsigned> counts;
    in >> id >> region >> kind;
    while (in >> term)
        counts[fit(term)]++;
    for (const auto &count : counts)
        doc.add_term(count.first, count.second);
    // Terms begin with a small letter: capitals are free for filters.
    if (region == "1")
        doc.add_boolean_term("R1");
    if (kind == "1")
        doc.add_boolean_term("K1");
    return doc;
}

static void build(const char *passages, const char *folder)
{
    std::vector<std::string> lines = read_lines(passages);
    long long began = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
    {
        // Everything in one batch; the commit syncs.
        setenv("XAPIAN_FLUSH_THRESHOLD", "10000000", 1);
        Xapian::WritableDatabase db(folder, Xapian::DB_CREATE_OR_OVERWRITE);
        for (const std::string &line : lines)
            db.add_document(document(line));
        db.commit();
    }
    double wall = (now_us(CLOCK_MONOTONIC) - began) / 1e6;
    double used = (now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6;
    unsigned long long bytes = 0;
    for (const auto &item : std::filesystem::directory_iterator(folder))
        bytes += item.file_size();
    printf("{\"wall_s\":%.3f,\"cpu_s\":%.3f,\"bytes\":%llu,\"segments\":1}\n", wall, used, bytes);
}

static Xapian::MSet ask(const Xapian::Database &db, const std::string &question,
                        const std::string &order)
{
    std::istringstream in(question);
    std::vector<std::string> terms;
    for (std::string term; in >> term;)
        terms.push_back(fit(term));
    Xapian::Query query(Xapian::Query::OP_OR, terms.begin(), terms.end());
    if (order == "filter_laws")
        query = Xapian::Query(Xapian::Query::OP_FILTER, query, Xapian::Query("R1"));
    if (order == "filter_scattered")
        query = Xapian::Query(Xapian::Query::OP_FILTER, query, Xapian::Query("K1"));
    Xapian::Enquire enquire(db);
    enquire.set_query(query);
    return enquire.get_mset(0, hits_max);
}

static void serve(const char *folder, const char *path)
{
    Xapian::Database db(folder);
    std::vector<std::string> questions = read_lines(path);
    for (std::string order; std::getline(std::cin, order);) {
        std::ostringstream wall, cpu, top;
        const char *comma = "";
        for (const std::string &question : questions) {
            long long began = now_us(CLOCK_MONOTONIC), used = now_us(CLOCK_THREAD_CPUTIME_ID);
            Xapian::MSet hits = ask(db, question, order);
            used = now_us(CLOCK_THREAD_CPUTIME_ID) - used;
            wall << comma << now_us(CLOCK_MONOTONIC) - began;
            cpu << comma << used;
            top << comma << '[';
            for (auto hit = hits.begin(); hit != hits.end(); ++hit)
                top << (hit == hits.begin() ? "" : ",") << *hit; // ids are given in order: 1, 2, ...
            top << ']';
            comma = ",";
        }
        std::cout << "{\"wall_us\":[" << wall.str() << "],\"cpu_us\":[" << cpu.str()
                  << "],\"top\":[" << top.str() << "]}" << std::endl;
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && std::string(argv[1]) == "build")
        build(argv[2], argv[3]);
    else if (argc == 4 && std::string(argv[1]) == "serve")
        serve(argv[2], argv[3]);
    else
        return 2;
    return 0;
}
