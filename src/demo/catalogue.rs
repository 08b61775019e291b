//! What the invented business has before it has customers: products, pipelines, templates, fields of its own.

use serde_json::{Value, json};

use super::calendar::{day_of, instant};
use super::narrator::at;
use super::scene::{Act, Make, Scene, Step};

/// The Friday before the first day.
const OPENING: i64 = -3;

/// Something that is sold.
#[derive(Debug)]
pub struct Product {
    /// Number of the article.
    pub sku: &'static str,
    /// What it is called.
    pub name: &'static str,
    family: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// Price of one without tax, in cents.
    pub cents: i64,
    /// Rate of the tax in percent: books have the reduced one (§ 12 (2) UStG).
    pub tax_rate: i64,
}

impl Product {
    /// How scenes name it.
    pub fn reference(&self) -> String {
        format!("@product-{}", self.sku)
    }

    /// Price of one without tax, as it is written.
    pub fn price(&self) -> String {
        cents(self.cents)
    }
}

/// Cents as euros: `1249.00`.
pub fn cents(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

const fn machine(sku: &'static str, name: &'static str, family: &'static str, euros: i64) -> Product {
    Product { sku, name, family, unit: "Stück", cents: euros * 100, tax_rate: 19 }
}

const fn goods(sku: &'static str, name: &'static str, family: &'static str, unit: &'static str, cents: i64) -> Product {
    Product { sku, name, family, unit, cents, tax_rate: 19 }
}

const fn book(sku: &'static str, name: &'static str, cents: i64) -> Product {
    Product { sku, name, family: "Bücher", unit: "Stück", cents, tax_rate: 7 }
}

/// Machines companies buy and have serviced.
pub const MACHINES: &[Product] = &[
    machine("F45", "Formatkreissäge F45", "Sägen", 14_900),
    machine("KA-210", "Kantenanleimmaschine KA 210", "Kanten", 18_450),
    machine("AD-941", "Abricht- und Dickenhobel AD 941", "Hobeln", 9_780),
    machine("T55", "Tischfräse T55", "Fräsen", 7_350),
    machine("BS-600", "Bandsäge BS 600", "Sägen", 4_190),
    machine("CL-3", "CNC-Bearbeitungszentrum C-Line 3", "CNC", 68_900),
    machine("S-1100", "Breitbandschleifmaschine S 1100", "Schleifen", 12_600),
    machine("AF-22", "Absauganlage AF 22", "Absaugung", 3_280),
    machine("RP-2500", "Rahmenpresse RP 2500", "Pressen", 8_640),
    machine("DK-500", "Druckluftkompressor DK 500", "Druckluft", 2_150),
];

/// Tools and material everybody buys.
pub const GOODS: &[Product] = &[
    goods("JR-240", "Japansäge Ryoba 240", "Handwerkzeug", "Stück", 4_115),
    goods("SE-6", "Stemmeisensatz, sechsteilig", "Handwerkzeug", "Satz", 11_765),
    goods("AS-18", "Akkuschrauber 18 V", "Elektrowerkzeug", "Stück", 15_126),
    goods("EX-150", "Exzenterschleifer 150 mm", "Elektrowerkzeug", "Stück", 20_084),
    goods("HB-1", "Hobelbank Buche", "Werkstatt", "Stück", 83_950),
    goods("SZ-10", "Schraubzwingen, zehn Stück", "Werkstatt", "Satz", 7_899),
    goods("LF-5", "Leinölfirnis, 5 Liter", "Oberfläche", "Kanister", 3_773),
    goods("KS-250", "Kreissägeblatt 250 × 30, 48 Zähne", "Sägeblätter", "Stück", 5_798),
    goods("SP-M", "Schleifpapier, gemischte Körnung", "Schleifmittel", "Paket", 1_672),
    goods("OF-1400", "Oberfräse 1400 W", "Elektrowerkzeug", "Stück", 29_328),
    goods("DB-J", "Drechselbank Junior", "Drechseln", "Stück", 48_655),
    goods("HL-10", "Holzleim D4, 10 kg", "Leime", "Eimer", 6_462),
    book("BU-OF", "Buch: Oberflächen selbst gemacht", 3_262),
    book("BU-HV", "Buch: Holzverbindungen von Hand", 2_794),
];

/// What is done for customers.
pub const SERVICES: &[Product] = &[
    goods("W-JAHR", "Jahreswartung nach DGUV", "Dienstleistung", "Einsatz", 42_000),
    goods("M-STD", "Montage und Einweisung", "Dienstleistung", "Stunde", 7_800),
    goods("S-ABO", "Schärfdienst im Abonnement", "Dienstleistung", "Monat", 1_900),
    goods("K-TAG", "Kurs in der Werkstatt", "Dienstleistung", "Tag", 14_286),
];

/// Sold before all others, and soon no more.
const OLD: Product = machine("F40", "Formatkreissäge F40", "Sägen", 12_900);

/// Everything that is there before the first customer, and what becomes of it.
pub fn scenes() -> Vec<Scene> {
    let mut made: Vec<(&'static str, String, Value)> = definitions();
    let products = MACHINES.iter().chain(GOODS).chain(SERVICES).chain([&OLD]);
    made.extend(products.map(|product| ("product", format!("product-{}", product.sku), described(product))));
    made.extend(pipelines());
    made.push(("task_template", "template-onboarding".to_owned(), onboarding()));
    made.push(("task_template", "template-installation".to_owned(), installation()));
    let mut scenes: Vec<Scene> = (0_i64..)
        .zip(made)
        .map(|(minute, (kind, name, body))| scene(OPENING, minute, Step::Make(Make { kind, name, body })))
        .collect();
    let body = json!({ "reason": "Nachfolger Formatkreissäge F45" });
    let name = format!("product-{}", OLD.sku);
    let end = Step::Act(Act { kind: "product", verb: "discontinue", name, body });
    scenes.push(scene(day_of("2023-06-30"), 0, end));
    scenes
}

/// A scene that is no customer's.
pub fn scene(day: i64, minute: i64, step: Step) -> Scene {
    Scene { at: instant(day, minute), customer: None, step }
}

fn described(product: &Product) -> Value {
    json!({
        "sku": product.sku, "name": product.name, "family": product.family, "unit": product.unit,
        "unit_price": { "amount": product.price(), "currency": "EUR" }, "tax_rate": product.tax_rate.to_string(),
    })
}

fn pipelines() -> Vec<(&'static str, String, Value)> {
    let stage = |key: &str, en: &str, de: &str, percent: i64| json!({ "key": key, "name": { "en": en, "de": de }, "default_probability": percent });
    let machines = json!({
        "key": "machines", "name": { "en": "Machines", "de": "Maschinen" },
        "description": "Maschinen und Anlagen für Betriebe, meist mit Vorführung.",
        "stages": [
            stage("inquiry", "Inquiry", "Anfrage", 10), stage("demonstration", "Demonstration", "Vorführung", 30),
            stage("offered", "Offered", "Angebot liegt vor", 50), stage("negotiation", "Negotiation", "Verhandlung", 75),
        ],
    });
    let workshop = json!({
        "key": "workshop", "name": { "en": "Home workshops", "de": "Hobbywerkstätten" },
        "description": "Einrichtung kleiner Werkstätten.",
        "stages": [
            stage("advice", "Advice", "Beratung", 20), stage("wish_list", "Wish list", "Wunschliste", 40),
            stage("offered", "Offered", "Angebot liegt vor", 60),
        ],
    });
    let named = |key: &str| format!("pipeline-{key}");
    vec![("pipeline", named("machines"), machines), ("pipeline", named("workshop"), workshop)]
}

/// The steps of the onboarding; [`super::office`] works through them.
pub const ONBOARDING_STEPS: usize = 4;

fn onboarding() -> Value {
    json!({
        "names": { "en": "Onboarding", "de": "Einführung neuer Kunden" }, "description": "Für jeden neuen Kunden",
        "steps": [
            step("Begrüßungsanruf", "Ansprechpartner, Lieferadresse und Erwartungen klären.", 1, "high"),
            step("Zugang zum Webshop einrichten", "Preisgruppe zuordnen, Zugangsdaten senden.", 5, "normal"),
            step("Willkommenspaket senden", "Katalog, Pflegehinweise, Gutschein für einen Kurs.", 10, "low"),
            step("Nach vier Wochen nachfragen", "Ist alles angekommen? Gibt es Fragen?", 28, "normal"),
        ],
    })
}

fn installation() -> Value {
    json!({
        "names": { "en": "Installation of a machine", "de": "Inbetriebnahme einer Maschine" },
        "description": "Für jede Maschine über 10.000 Euro",
        "steps": [
            step("Aufstellort prüfen", "Fundament, Strom, Druckluft, Absaugung.", 3, "normal"),
            step("Anlieferung begleiten", "Stapler und Zufahrt klären.", 14, "high"),
            step("Einweisung und Protokoll", "Unterschrift des Bedieners einholen.", 21, "normal"),
        ],
    })
}

fn step(subject: &str, body: &str, days: i64, priority: &str) -> Value {
    json!({ "subject": subject, "body": body, "due_after_days": days, "priority": priority, "assignee_role": "owner" })
}

/// Fields the business has defined for itself, by the resource and the key.
fn definitions() -> Vec<(&'static str, String, Value)> {
    let option = |key: &str, en: &str, de: &str| json!({ "key": key, "label": { "en": en, "de": de } });
    let label = |en: &str, de: &str| json!({ "en": en, "de": de });
    let all = [
        json!({
            "resource": "customer", "key": "delivery_window", "type": "one_of", "position": 10,
            "label": label("Delivery window", "Lieferfenster"), "description": "Wann die Ware angenommen wird.",
            "options": [
                option("morning", "In the morning", "Vormittags"), option("afternoon", "In the afternoon", "Nachmittags"),
                option("any", "At any time", "Jederzeit"),
            ],
        }),
        json!({
            "resource": "customer", "key": "workshop_area", "type": "integer", "position": 20,
            "label": label("Area of the workshop (m²)", "Werkstattfläche (m²)"), "limits": { "minimum": "1" },
        }),
        json!({
            "resource": "order", "key": "sales_channel", "type": "one_of", "position": 10,
            "label": label("Sales channel", "Vertriebsweg"),
            "options": [
                option("web_shop", "Web shop", "Webshop"), option("store", "Store", "Ladengeschäft"),
                option("phone", "Phone", "Telefon"), option("field_service", "Field service", "Außendienst"),
            ],
        }),
        json!({
            "resource": "ticket", "key": "on_site", "type": "boolean", "position": 10,
            "label": label("Visit needed", "Einsatz vor Ort nötig"),
        }),
        json!({
            "resource": "contract", "key": "cost_center", "type": "text", "position": 10,
            "label": label("Cost centre", "Kostenstelle"), "limits": { "max_length": 20 },
        }),
    ];
    let named = |body: Value| {
        let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let name = format!("field-{}-{}", word("resource"), word("key"));
        ("custom_field_definition", name, body)
    };
    all.into_iter().map(named).collect()
}

/// The pipeline of somebody's opportunities, as scenes name it.
pub fn pipeline(company: bool) -> String {
    at(if company { "pipeline-machines" } else { "pipeline-workshop" })
}
