//! What people write and say to a dealer in woodworking machines.

use super::random::{Random, RngExt};

/// What somebody says. In both texts `{item}` is what it is about, `{number}` an order, `{days}` a number of days.
pub struct Phrase {
    /// Whether the customer says it.
    pub inbound: bool,
    subject: &'static str,
    text: &'static str,
}

const fn them(subject: &'static str, text: &'static str) -> Phrase {
    Phrase { inbound: true, subject, text }
}

const fn us(subject: &'static str, text: &'static str) -> Phrase {
    Phrase { inbound: false, subject, text }
}

/// What a company asks at first.
pub const FIRST_BY_COMPANIES: &[Phrase] = &[
    them(
        "Anfrage: {item}",
        "Guten Tag, wir interessieren uns für: {item}. Bitte senden Sie uns Unterlagen und einen Preis.",
    ),
    them(
        "Messebesuch, Interesse an {item}",
        "War am Stand, hat sich die Maschine zeigen lassen. Wünscht Rückruf und Prospekt.",
    ),
    them(
        "Empfehlung eines Kollegen",
        "Kommt auf Empfehlung. Sucht Ersatz für eine ältere Maschine und denkt an: {item}.",
    ),
    them("Frage zur Lieferzeit: {item}", "Wie lange dauert die Lieferung zurzeit? Es wäre ziemlich eilig."),
    us("Kaltakquise: {item}", "Werkstatt wird gerade erweitert, ein Gespräch ist willkommen. Unterlagen zugesagt."),
];

/// What a person asks at first.
pub const FIRST_BY_PERSONS: &[Phrase] = &[
    them("Frage zu: {item}", "Guten Tag, ist der Artikel am Lager? Ich würde ihn gern vor Ort ansehen."),
    them("Katalog angefordert", "Bittet um den gedruckten Katalog und um die Kurstermine."),
    them("Beratung gewünscht", "Richtet eine Hobbywerkstatt ein und möchte wissen, womit man am besten anfängt."),
    them("Anmeldung zum Handhobelkurs", "Möchte am Samstagskurs teilnehmen und fragt, ob Werkzeug gestellt wird."),
];

/// What is said before a company buys.
pub const COURTING_COMPANIES: &[Phrase] = &[
    us("Angebot zu {item}", "Sehr geehrte Damen und Herren, anbei erhalten Sie unser Angebot. Es gilt {days} Tage."),
    them(
        "Rückfrage zum Angebot",
        "Passt die Maschine durch eine Tür von 1,20 m? Maße geschickt, Aufmaß vor Ort vereinbart.",
    ),
    us("Einladung zur Vorführung: {item}", "Vorführung in unserer Werkstatt vereinbart; zwei Mitarbeiter kommen mit."),
    us(
        "Nachgefasst",
        "Noch keine Entscheidung, das Budget wird erst im nächsten Quartal freigegeben. In {days} Tagen wieder melden.",
    ),
    them(
        "Preisverhandlung",
        "Wünscht drei Prozent Skonto und kostenlose Einweisung. Skonto zugesagt, Einweisung zum halben Preis.",
    ),
    them("Stromanschluss geklärt", "Absicherung mit 32 A ist vorhanden, der Elektriker kümmert sich um die Zuleitung."),
];

/// What is said before a person buys.
pub const COURTING_PERSONS: &[Phrase] = &[
    us("Empfehlung: {item}", "Guten Tag, für Ihr Vorhaben passt dieser Artikel am besten. Er ist am Lager."),
    them("Frage zur Garantie", "Möchte wissen, wie lange die Garantie gilt und wer repariert."),
    us("Rückruf", "Wie gewünscht zurückgerufen, Fragen zum Zubehör geklärt."),
    them("Versandkosten", "Fragt, ab welchem Betrag der Versand frei ist. Ab 150 Euro."),
];

/// What is said between a company's purchases.
pub const DAILY_OF_COMPANIES: &[Phrase] = &[
    them(
        "Frage zur Bedienung: {item}",
        "Ein Anschlag lässt sich nicht mehr fein einstellen. Am Telefon gelöst: Klemmhebel nachgezogen.",
    ),
    them(
        "Ersatzteile für {item}",
        "Braucht Keilriemen und Laufrollen. Die Teile sind am Lager und gehen heute hinaus.",
    ),
    them("Lob", "Bedankt sich für die schnelle Hilfe am Freitagnachmittag. »So etwas erlebt man selten.«"),
    them("Terminverschiebung", "Bittet, die Lieferung um {days} Tage zu verschieben, die Halle ist noch nicht fertig."),
    them("Rechnung bitte per E-Mail", "Rechnungen künftig nur noch als PDF an die Buchhaltung, nicht mehr auf Papier."),
    us("Maschinenkurs TSM 1", "Im Frühjahr sind noch Plätze frei. Zwei Auszubildende vorgemerkt."),
    them(
        "Neue Ansprechpartnerin im Einkauf",
        "Frau Öztürk hat den Einkauf übernommen, bitte alle Angebote an sie richten.",
    ),
    us(
        "Entwurf des Rahmenvertrags",
        "Mengenstaffel für Sägeblätter wie besprochen. Bitte prüfen Sie den Entwurf in den nächsten {days} Tagen.",
    ),
    us("Jahresgespräch", "Rückblick auf das Jahr, zufrieden mit dem Service. Für das Frühjahr geplant: {item}."),
    them("Betriebsferien", "Der Betrieb ist drei Wochen geschlossen, in dieser Zeit bitte nicht liefern."),
];

/// What is said between a person's purchases.
pub const DAILY_OF_PERSONS: &[Phrase] = &[
    them(
        "Frage zu Öl und Wachs",
        "Welche Oberfläche eignet sich für eine Küchenarbeitsplatte? Leinöl empfohlen, Datenblatt geschickt.",
    ),
    them("Lob", "Hat ein Bild vom fertigen Schaukelpferd geschickt. »Ohne Ihren Rat wäre das nichts geworden.«"),
    them("Umtausch", "Möchte umtauschen: {item}. Originalverpackung ist vorhanden, Rücksendeschein geschickt."),
    us("Kurs im Herbst", "Einladung zum Kurs Schwalbenschwanzzinken. Noch {days} Plätze frei."),
    them("Frage zum Schärfen", "Welcher Winkel für Stemmeisen? 25 Grad, Mikrofase 30 Grad; Anleitung geschickt."),
    us("Vorbestellter Artikel ist da", "Abholbereit: {item}. Wir legen den Artikel {days} Tage zurück."),
];

/// What goes wrong.
pub const COMPLAINTS: &[Phrase] = &[
    them(
        "Reklamation: {item}",
        "Lieferung {number} war beschädigt, Fotos liegen bei. Ersatz zugesagt, Abholung veranlasst.",
    ),
    them(
        "Lieferung {number} unvollständig",
        "Ein Karton fehlt. Nachlieferung noch heute, die Versandkosten übernehmen wir.",
    ),
    them("Rechnung zu {number} falsch", "Der Rabatt war nicht abgezogen. Rechnung storniert und neu ausgestellt."),
];

/// When money is late.
pub const REMINDERS: &[Phrase] = &[
    us(
        "Zahlungserinnerung zu {number}",
        "Freundlich an die offene Rechnung erinnert. Zahlung ist für diese Woche zugesagt.",
    ),
    us("Mahnung zu {number}", "Die Rechnung ist seit {days} Tagen fällig. Bitte überweisen Sie den Betrag umgehend."),
];

/// What ends the relationship with a company.
pub const FAREWELLS_OF_COMPANIES: &[Phrase] = &[
    them(
        "Betrieb wird aufgegeben",
        "Keine Nachfolge gefunden, der Betrieb schließt zum Jahresende. Für die gute Zeit bedankt.",
    ),
    them("Wechsel zu einem anderen Händler", "Hat sich für einen Händler am Ort entschieden. Die Tür bleibt offen."),
];

/// What ends the relationship with a person.
pub const FAREWELLS_OF_PERSONS: &[Phrase] = &[
    them("Kein Bedarf mehr", "Hat die Werkstatt verkleinert, braucht zurzeit nichts und möchte keine Werbung mehr."),
    them("Umzug ins Ausland", "Zieht zu den Kindern nach Dänemark und löst die Werkstatt auf."),
];

/// Comments in questionnaires.
pub const COMMENTS: &[&str] = &[
    "Schnelle Hilfe, gern wieder.",
    "Preise etwas hoch, Beratung dafür sehr gut.",
    "Der Techniker war pünktlich und freundlich.",
    "Zu lange auf Ersatzteile gewartet.",
    "Alles bestens, weiter so!",
];

/// Subject and text of a phrase with the blanks filled.
pub fn fill(random: &mut Random, phrase: &Phrase, item: &str, number: &str) -> (String, String) {
    let days = random.random_range(5..31).to_string();
    let fill = |template: &str| template.replace("{item}", item).replace("{number}", number).replace("{days}", &days);
    (fill(phrase.subject), fill(phrase.text))
}
