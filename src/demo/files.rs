//! The content of the invented documents: a few texts that many customers have.

use serde_json::{Value, json};

use crate::content::{Bytes, Contents};
use crate::error::Result;
use crate::history::context::Context;
use crate::services::documents;

/// How scenes name a text, how its file is called, and what it says.
const FILES: &[(&str, &str, &str)] = &[
    (
        "file-maintenance",
        "Wartungsvertrag.txt",
        "WARTUNGSVERTRAG\n\n§ 1 Der Händler wartet die im Anhang genannten Maschinen einmal im Jahr.\n§ 2 Die Wartung \
         umfasst Prüfung, Reinigung, Schmierung und das Nachstellen der Führungen.\n§ 3 Ersatzteile werden gesondert \
         berechnet.\n§ 4 Störungen werden innerhalb von zwei Arbeitstagen behoben.\n§ 5 Der Vertrag läuft 24 Monate und \
         verlängert sich um je zwölf, wenn er nicht drei Monate vorher gekündigt wird.\n",
    ),
    (
        "file-subscription",
        "Schärfdienst.txt",
        "SCHÄRFDIENST IM ABONNEMENT\n\nEinmal im Monat holen wir stumpfe Sägeblätter, Stemmeisen und Hobeleisen ab und \
         bringen sie geschärft zurück.\nBis zu sechs Stück sind im Preis enthalten, jedes weitere kostet 4,50 Euro.\nDer \
         Vertrag läuft 24 Monate; gekündigt werden kann er bis einen Monat vor dem Ende.\n",
    ),
    (
        "file-measurement",
        "Aufmaß.txt",
        "AUFMASS\n\nRaum: 12,40 m × 8,15 m, Höhe 3,60 m\nTor: 3,00 m × 3,20 m\nStrom: 32 A an der Nordwand, 16 A \
         umlaufend\nDruckluft: 8 bar, Leitung DN 20\nBoden: Estrich, 500 kg/m²\nAbsaugung: Leitung Ø 160 mm, zwei \
         Abgänge\n",
    ),
];

/// Takes in the texts. Answers what a document keeps of each.
pub async fn keep(cx: &Context, contents: &Contents) -> Result<Vec<(String, Value)>> {
    let mut kept = Vec::with_capacity(FILES.len());
    for (name, file_name, text) in FILES {
        let chunks = futures_util::stream::iter([Ok(Bytes::from_static(text.as_bytes()))]);
        let claimed = ((*file_name).to_owned(), Some("text/plain"));
        kept.push(((*name).to_owned(), json!(documents::keep(cx, contents, claimed, chunks).await?)));
    }
    Ok(kept)
}
