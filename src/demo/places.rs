//! Where the invented customers live: towns with one of their postal codes, streets that nearly every town has, and
//! telephone numbers that nobody has.

use fake::rand::seq::IndexedRandom;

use super::random::{Random, RngExt, pick};
use crate::schemas::customer::{AddressInput, AddressLine, AddressType};

/// A town with one of its postal codes.
#[derive(Debug, Clone, Copy)]
pub struct Town {
    /// Five digits.
    pub postal_code: &'static str,
    /// Its name.
    pub city: &'static str,
    /// The state it lies in.
    pub region: &'static str,
}

/// Codes and towns as Deutsche Post assigns them.
pub const TOWNS: &[(&str, &str, &str)] = &[
    ("10115", "Berlin", "Berlin"),
    ("12043", "Berlin", "Berlin"),
    ("20095", "Hamburg", "Hamburg"),
    ("20459", "Hamburg", "Hamburg"),
    ("22765", "Hamburg", "Hamburg"),
    ("80331", "München", "Bayern"),
    ("81667", "München", "Bayern"),
    ("50667", "Köln", "Nordrhein-Westfalen"),
    ("60311", "Frankfurt am Main", "Hessen"),
    ("70173", "Stuttgart", "Baden-Württemberg"),
    ("40213", "Düsseldorf", "Nordrhein-Westfalen"),
    ("04109", "Leipzig", "Sachsen"),
    ("44135", "Dortmund", "Nordrhein-Westfalen"),
    ("45127", "Essen", "Nordrhein-Westfalen"),
    ("28195", "Bremen", "Bremen"),
    ("01067", "Dresden", "Sachsen"),
    ("30159", "Hannover", "Niedersachsen"),
    ("90402", "Nürnberg", "Bayern"),
    ("47051", "Duisburg", "Nordrhein-Westfalen"),
    ("44787", "Bochum", "Nordrhein-Westfalen"),
    ("42103", "Wuppertal", "Nordrhein-Westfalen"),
    ("33602", "Bielefeld", "Nordrhein-Westfalen"),
    ("53111", "Bonn", "Nordrhein-Westfalen"),
    ("48143", "Münster", "Nordrhein-Westfalen"),
    ("68159", "Mannheim", "Baden-Württemberg"),
    ("76133", "Karlsruhe", "Baden-Württemberg"),
    ("86150", "Augsburg", "Bayern"),
    ("65183", "Wiesbaden", "Hessen"),
    ("41061", "Mönchengladbach", "Nordrhein-Westfalen"),
    ("45879", "Gelsenkirchen", "Nordrhein-Westfalen"),
    ("52062", "Aachen", "Nordrhein-Westfalen"),
    ("38100", "Braunschweig", "Niedersachsen"),
    ("24103", "Kiel", "Schleswig-Holstein"),
    ("09111", "Chemnitz", "Sachsen"),
    ("06108", "Halle (Saale)", "Sachsen-Anhalt"),
    ("39104", "Magdeburg", "Sachsen-Anhalt"),
    ("79098", "Freiburg im Breisgau", "Baden-Württemberg"),
    ("47798", "Krefeld", "Nordrhein-Westfalen"),
    ("55116", "Mainz", "Rheinland-Pfalz"),
    ("23552", "Lübeck", "Schleswig-Holstein"),
    ("99084", "Erfurt", "Thüringen"),
    ("46045", "Oberhausen", "Nordrhein-Westfalen"),
    ("18055", "Rostock", "Mecklenburg-Vorpommern"),
    ("34117", "Kassel", "Hessen"),
    ("58095", "Hagen", "Nordrhein-Westfalen"),
    ("66111", "Saarbrücken", "Saarland"),
    ("14467", "Potsdam", "Brandenburg"),
    ("67059", "Ludwigshafen am Rhein", "Rheinland-Pfalz"),
    ("26122", "Oldenburg", "Niedersachsen"),
    ("49074", "Osnabrück", "Niedersachsen"),
    ("69117", "Heidelberg", "Baden-Württemberg"),
    ("64283", "Darmstadt", "Hessen"),
    ("93047", "Regensburg", "Bayern"),
    ("97070", "Würzburg", "Bayern"),
    ("89073", "Ulm", "Baden-Württemberg"),
    ("37073", "Göttingen", "Niedersachsen"),
    ("74072", "Heilbronn", "Baden-Württemberg"),
    ("85049", "Ingolstadt", "Bayern"),
    ("33098", "Paderborn", "Nordrhein-Westfalen"),
    ("07743", "Jena", "Thüringen"),
    ("56068", "Koblenz", "Rheinland-Pfalz"),
    ("54290", "Trier", "Rheinland-Pfalz"),
    ("24937", "Flensburg", "Schleswig-Holstein"),
    ("72070", "Tübingen", "Baden-Württemberg"),
    ("03046", "Cottbus", "Brandenburg"),
    ("19053", "Schwerin", "Mecklenburg-Vorpommern"),
    ("78462", "Konstanz", "Baden-Württemberg"),
    ("27568", "Bremerhaven", "Bremen"),
    ("38440", "Wolfsburg", "Niedersachsen"),
    ("95444", "Bayreuth", "Bayern"),
    ("96047", "Bamberg", "Bayern"),
    ("94032", "Passau", "Bayern"),
    ("84028", "Landshut", "Bayern"),
    ("17489", "Greifswald", "Mecklenburg-Vorpommern"),
    ("99423", "Weimar", "Thüringen"),
];

const STREETS: &[&str] = &[
    "Hauptstraße",
    "Bahnhofstraße",
    "Gartenstraße",
    "Schulstraße",
    "Mühlenweg",
    "Lindenallee",
    "Goethestraße",
    "Schillerstraße",
    "Beethovenstraße",
    "Kirchplatz",
    "Am Markt",
    "Rosenweg",
    "Ringstraße",
    "Bergstraße",
    "Waldweg",
    "Blücherstraße",
    "Grüner Weg",
    "Königstraße",
];

const BUSINESS_STREETS: &[&str] = &[
    "Industriestraße",
    "Gewerbestraße",
    "Werkstraße",
    "Carl-Benz-Straße",
    "Röntgenstraße",
    "Am Güterbahnhof",
    "An der Schleuse",
    "Zum Sägewerk",
    "Max-Planck-Straße",
    "Hafenstraße",
];

/// Ranges in which the Bundesnetzagentur assigns no numbers, for films and the like (Mitteilung 148/2021): how they
/// are written, and how many digits follow.
const LANDLINES: &[(&str, &str)] = &[
    ("Berlin", "030 23125"),
    ("Frankfurt am Main", "069 90009"),
    ("Hamburg", "040 66969"),
    ("Köln", "0221 4710"),
    ("München", "089 99998"),
];

/// Two of the ranges network operators keep free for the same purpose.
const MOBILES: &[&str] = &["0171 39200", "0176 040690"];

/// A town, large ones not more often than small ones.
pub fn town(random: &mut Random) -> Town {
    let (postal_code, city, region) = pick(random, TOWNS);
    Town { postal_code, city, region }
}

/// An address in a town.
pub fn address(random: &mut Random, town: Town, kind: AddressType, valid_from: Option<String>) -> AddressInput {
    let streets = if kind == AddressType::Private { STREETS } else { BUSINESS_STREETS };
    let letter = ["", "", "", "", "a", "b"].choose(random).copied().unwrap_or_default();
    let street = format!("{} {}{letter}", pick(random, streets), random.random_range(1..120));
    AddressInput {
        id: None,
        kind,
        lines: vec![AddressLine(street)],
        postal_code: Some(town.postal_code.to_owned()),
        city: Some(town.city.to_owned()),
        region: Some(town.region.to_owned()),
        country: Some("DE".to_owned()),
        geo: None,
        primary: true,
        valid_from,
        valid_to: None,
    }
}

/// A landline number, of the town itself where it has a free range.
pub fn landline(random: &mut Random, town: Town) -> String {
    let own = LANDLINES.iter().find(|(city, _)| *city == town.city).copied();
    let (_, range) = own.unwrap_or_else(|| pick(random, LANDLINES));
    format!("{range} {:03}", random.random_range(0..1000))
}

/// A mobile number.
pub fn mobile(random: &mut Random) -> String {
    format!("{} {:02}", pick(random, MOBILES), random.random_range(0..100))
}

#[cfg(test)]
mod tests {
    use super::super::random::seeded;
    use super::*;
    use crate::domain::{phone, postal_code};

    #[test]
    fn postal_codes_and_numbers_are_valid() {
        for (code, city, _) in TOWNS {
            assert!(postal_code::check(code, "DE").is_ok(), "{code} {city}");
        }
        let mut random = seeded(1);
        for _ in 0..200 {
            let town = town(&mut random);
            for number in [landline(&mut random, town), mobile(&mut random)] {
                assert!(phone::normalize(&number, "DE").is_ok(), "{number}");
            }
        }
    }

    #[test]
    fn a_town_with_a_free_range_has_its_own_numbers() {
        let town = Town { postal_code: "20459", city: "Hamburg", region: "Hamburg" };
        assert!(landline(&mut seeded(1), town).starts_with("040 66969 "));
    }
}
