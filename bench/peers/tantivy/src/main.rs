//! Tantivy beside our index (bench/peers/run drives it; the orders are described there).
//!
//!     peer_tantivy build PASSAGES.tok FOLDER
//!     peer_tantivy serve FOLDER QUESTIONS.tok
//!
//! The terms come ready, divided by spaces: a tokenizer that only splits is the cheapest there is.
//! Frequencies but no positions, nothing stored: what ours needs for its first stage and no more.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::time::Instant;

use tantivy::collector::TopDocs;
use tantivy::indexer::NoMergePolicy;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions, FAST, INDEXED,
};
use tantivy::tokenizer::WhitespaceTokenizer;
use tantivy::{Index, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};

const HITS: usize = 20;
const MEMORY_BYTES: usize = 2_000_000_000;

fn cpu_us(clock: libc::clockid_t) -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(clock, &mut t) };
    t.tv_sec as u64 * 1_000_000 + t.tv_nsec as u64 / 1000
}

struct Fields {
    id: Field,
    region: Field,
    kind: Field,
    text: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("split")
        .set_index_option(IndexRecordOption::WithFreqs);
    let fields = Fields {
        id: builder.add_u64_field("id", FAST),
        region: builder.add_u64_field("region", INDEXED),
        kind: builder.add_u64_field("kind", INDEXED),
        text: builder.add_text_field(
            "text",
            TextOptions::default().set_indexing_options(indexing),
        ),
    };
    (builder.build(), fields)
}

fn build(passages: &str, folder: &str) -> tantivy::Result<()> {
    std::fs::create_dir_all(folder)?;
    let lines = std::fs::read_to_string(passages)?;
    let began = Instant::now();
    let cpu = cpu_us(libc::CLOCK_PROCESS_CPUTIME_ID);
    let (schema, fields) = schema();
    let index = Index::create_in_dir(folder, schema)?;
    index
        .tokenizers()
        .register("split", WhitespaceTokenizer::default());
    // One thread that builds, with room for everything: one segment, nothing to merge.
    let mut writer: IndexWriter = index.writer_with_num_threads(1, MEMORY_BYTES)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    for line in lines.lines() {
        let mut parts = line.splitn(4, '\t');
        let mut next = || parts.next().expect("four columns");
        let mut doc = TantivyDocument::default();
        doc.add_u64(fields.id, next().parse().expect("id"));
        doc.add_u64(fields.region, next().parse().expect("region"));
        doc.add_u64(fields.kind, next().parse().expect("kind"));
        doc.add_text(fields.text, next());
        writer.add_document(doc)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    let wall = began.elapsed().as_secs_f64();
    let cpu = (cpu_us(libc::CLOCK_PROCESS_CPUTIME_ID) - cpu) as f64 / 1e6;
    let bytes: u64 = std::fs::read_dir(folder)?
        .map(|entry| entry.and_then(|e| e.metadata()).map_or(0, |m| m.len()))
        .sum();
    let segments = index.searchable_segments()?.len();
    println!(
        "{{\"wall_s\":{wall:.3},\"cpu_s\":{cpu:.3},\"bytes\":{bytes},\"segments\":{segments}}}"
    );
    Ok(())
}

fn union(fields: &Fields, question: &str) -> Box<dyn Query> {
    let shoulds = question
        .split(' ')
        .filter(|term| !term.is_empty())
        .map(|term| {
            let term = Term::from_field_text(fields.text, term);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(query) as Box<dyn Query>)
        })
        .collect();
    Box::new(BooleanQuery::new(shoulds))
}

/// The terms and the filter, both needed; the filter adds nothing to the score. (Testing a column in
/// the collector instead, or the terms as optional ones, was slower or no faster.)
fn both(fields: &Fields, question: &str, filter: Field) -> Box<dyn Query> {
    let filter = TermQuery::new(Term::from_field_u64(filter, 1), IndexRecordOption::Basic);
    Box::new(BooleanQuery::new(vec![
        (
            Occur::Must,
            Box::new(ConstScoreQuery::new(Box::new(filter), 0.0)) as Box<dyn Query>,
        ),
        (Occur::Must, union(fields, question)),
    ]))
}

fn ask(searcher: &Searcher, fields: &Fields, question: &str, order: &str) -> Vec<u64> {
    let query = match order {
        "plain" => union(fields, question),
        "filter_laws" => both(fields, question, fields.region),
        "filter_scattered" => both(fields, question, fields.kind),
        _ => panic!("unknown order {order}"),
    };
    let hits = searcher
        .search(&query, &TopDocs::with_limit(HITS).order_by_score())
        .expect("search");
    hits.iter()
        .map(|(_, at)| {
            let columns = searcher.segment_reader(at.segment_ord).fast_fields();
            columns.u64("id").expect("id").first(at.doc_id).unwrap_or(0)
        })
        .collect()
}

fn serve(folder: &str, questions: &str) -> tantivy::Result<()> {
    let (_, fields) = schema();
    let index = Index::open_in_dir(folder)?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    let searcher = reader.searcher();
    let questions: Vec<String> = BufReader::new(File::open(questions)?)
        .lines()
        .collect::<Result<_, _>>()?;
    for order in io::stdin().lock().lines() {
        let order = order?;
        let (mut wall, mut cpu, mut top) = (String::new(), String::new(), String::new());
        for question in &questions {
            let began = Instant::now();
            let cpu_began = cpu_us(libc::CLOCK_THREAD_CPUTIME_ID);
            let ids = ask(&searcher, &fields, question, &order);
            let used = cpu_us(libc::CLOCK_THREAD_CPUTIME_ID) - cpu_began;
            write!(wall, "{},", began.elapsed().as_micros()).unwrap();
            write!(cpu, "{used},").unwrap();
            write!(top, "{ids:?},").unwrap();
        }
        println!(
            "{{\"wall_us\":[{}],\"cpu_us\":[{}],\"top\":[{}]}}",
            wall.trim_end_matches(','),
            cpu.trim_end_matches(','),
            top.trim_end_matches(',')
        );
        io::stdout().flush()?;
    }
    Ok(())
}

fn main() -> tantivy::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["build", passages, folder] => build(passages, folder),
        ["serve", folder, questions] => serve(folder, questions),
        _ => panic!("usage: peer_tantivy build PASSAGES FOLDER | serve FOLDER QUESTIONS"),
    }
}
