//! Links between documents: each leads to a file, and to a heading where it names one.

use pontoon_documents::markdown::{anchors, links};
use pontoon_documents::repository::{documents, read, root};

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut broken = Vec::new();
    let more = ["tests/FAULTS.md".to_owned(), "tests/random/README.md".to_owned()];
    let more = more.into_iter().filter(|file| root().join(file).is_file());
    for document in documents().into_iter().chain(more) {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(&read(&document)) {
            let (target, anchor) =
                link.split_once('#').map_or((&*link, None), |(target, anchor)| (target, Some(anchor)));
            let file = if target.is_empty() { root().join(&document) } else { root().join(folder).join(target) };
            let there = match anchor {
                None => file.exists(),
                Some(anchor) => {
                    std::fs::read_to_string(&file).is_ok_and(|text| anchors(&text).iter().any(|known| known == anchor))
                }
            };
            if !there {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "links to what is not there:\n  {}\n", broken.join("\n  "));
}

#[test]
fn every_page_stands_in_the_summary() {
    let summary = links(&read("docs/SUMMARY.md"));
    let missing: Vec<String> = documents()
        .into_iter()
        .filter_map(|file| file.strip_prefix("docs/").map(str::to_owned))
        .filter(|page| page != "SUMMARY.md" && !summary.contains(page))
        .collect();
    assert!(missing.is_empty(), "pages that docs/SUMMARY.md does not name: {missing:?}");
}
