//! What kind of file something is, judged by its first bytes, its name and what its sender claims.

use super::fault::{Fault, FaultCode};

/// As many first bytes are looked at.
pub const HEAD_BYTES: usize = 8_192;

/// Bytes of which nothing is known.
pub const UNKNOWN: &str = "application/octet-stream";
const PLAIN_TEXT: &str = "text/plain";

/// What refused a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its content.
    Content(Fault),
    /// Its name.
    FileName(Fault),
    /// The media type that was claimed.
    MediaType(Fault),
}

/// Media types of one form: the first bytes of a word processor's document are those of a ZIP archive.
const FAMILIES: &[&[&str]] = &[
    &[
        "application/zip",
        "application/x-zip-compressed",
        "application/epub+zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics",
        "application/vnd.visio2013",
        "image/openraster",
    ],
    &[
        "application/x-ole-storage",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook",
        "application/vnd.visio",
    ],
    &["text/xml", "application/xml", "text/html", "application/xhtml+xml"],
    &["video/mp4", "video/x-m4v", "audio/mp4", "audio/m4a", "audio/x-m4a", "video/quicktime"],
    &["image/heif", "image/heic"],
    &["audio/ogg", "audio/opus", "video/ogg", "application/ogg"],
    &["video/x-matroska", "video/webm", "audio/webm"],
    &["audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave"],
    &["audio/x-flac", "audio/flac"],
    &["audio/mpeg", "audio/mp3"],
    &["application/gzip", "application/x-gzip"],
    &["application/vnd.rar", "application/x-rar-compressed"],
    &["application/postscript", "application/illustrator", "application/pdf"],
    &["application/rtf", "text/rtf"],
    &["image/jpeg", "image/jpg", "image/pjpeg"],
    &["image/tiff", "image/x-canon-cr2", "image/x-adobe-dng"],
    &["image/bmp", "image/x-ms-bmp"],
    &["image/vnd.microsoft.icon", "image/x-icon"],
    &["image/vnd.dwg", "application/acad"],
    &["application/x-x509-ca-cert", "application/pkix-cert", "application/pkcs7-mime", "application/x-pem-file"],
];

/// What the end of a name says where the first bytes do not.
const EXTENSIONS: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("msg", "application/vnd.ms-outlook"),
    ("odg", "application/vnd.oasis.opendocument.graphics"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("svg", "image/svg+xml"),
    ("vcf", "text/vcard"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "text/xml"),
];

/// Ends of names that make a system run a file when somebody opens it.
const PROGRAMS: &[&str] = &[
    "apk", "app", "appx", "bat", "cmd", "com", "cpl", "deb", "dll", "dmg", "exe", "gadget", "hta", "inf", "jar", "js",
    "jse", "lnk", "msc", "msi", "msix", "msp", "pif", "pkg", "ps1", "psm1", "reg", "rpm", "scf", "scr", "sh", "sys",
    "vbe", "vbs", "wsf", "wsh", "xll",
];

/// Kinds of content that are run, as their first bytes tell.
const EXECUTABLE: &[&str] = &[
    "application/java",
    "application/vnd.android.dex",
    "application/vnd.android.dey",
    "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable",
    "application/wasm",
    "application/x-executable",
    "application/x-google-chrome-extension",
    "application/x-llvm",
    "application/x-mach-binary",
    "application/x-rpm",
    "application/x-shockwave-flash",
    "text/x-shellscript",
];

/// The media type of a file.
///
/// # Errors
/// Programs and scripts are refused, by their content as by their name, and a claim that the first bytes do not bear out.
pub fn judge(head: &[u8], file_name: &str, claimed: Option<&str>) -> Result<String, Refusal> {
    let extension = extension(file_name);
    if PROGRAMS.binary_search(&extension.as_str()).is_ok() {
        return Err(Refusal::FileName(FaultCode::Executable.into()));
    }
    let found = infer::get(head).map(|kind| kind.mime_type());
    if found.is_some_and(|found| is_executable(found, head)) {
        return Err(Refusal::Content(FaultCode::Executable.into()));
    }
    // What infer calls so is not known either.
    let found = found.filter(|found| *found != UNKNOWN && !is_executable_name(found));
    let claimed = claimed.map(str::to_ascii_lowercase).filter(|claimed| claimed != UNKNOWN);
    if let Some(claimed) = claimed {
        let holds = match found {
            Some(found) => same_form(found, &claimed) || found.starts_with("text/") && claimed.starts_with("text/"),
            None => may_be(&claimed, head),
        };
        let found = found.unwrap_or(if is_text(head) { PLAIN_TEXT } else { UNKNOWN });
        let contradicted = || Fault::of_value(FaultCode::MediaTypeMismatch, claimed.clone()).with("found", found);
        return if holds { Ok(claimed) } else { Err(Refusal::MediaType(contradicted())) };
    }
    let named = EXTENSIONS.binary_search_by_key(&extension.as_str(), |(end, _)| end).ok();
    let named = named.map(|at| EXTENSIONS[at].1);
    Ok(match (found, named) {
        (Some(found), Some(named)) if same_form(found, named) => named,
        (Some(found), _) => found,
        (None, Some(named)) if is_text(head) && !infer::is_mime_supported(named) => named,
        (None, _) if is_text(head) => PLAIN_TEXT,
        (None, _) => UNKNOWN,
    }
    .to_owned())
}

/// The end of a name behind its last dot, in small letters.
fn extension(file_name: &str) -> String {
    // Windows leaves out dots and blanks at the end: "setup.exe. " is run as well.
    let name = file_name.trim_end_matches(['.', ' ']);
    name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).unwrap_or_default()
}

fn is_executable_name(media_type: &str) -> bool {
    EXECUTABLE.binary_search(&media_type).is_ok()
}

/// No program of a machine does without a zero byte, whereas a text may begin with the letters "MZ" as one does.
fn is_executable(found: &str, head: &[u8]) -> bool {
    is_executable_name(found) && (found.starts_with("text/") || head.contains(&0))
}

fn is_text(head: &[u8]) -> bool {
    !head.contains(&0)
}

fn is_xml(media_type: &str) -> bool {
    media_type.ends_with("+xml") || media_type.ends_with("/xml") || media_type == "text/html"
}

fn same_form(found: &str, claimed: &str) -> bool {
    found == claimed
        || is_xml(found) && is_xml(claimed)
        || FAMILIES.iter().any(|family| family.contains(&found) && family.contains(&claimed))
}

/// Whether bytes that show nothing may be what they are said to be: not if that would show.
fn may_be(claimed: &str, head: &[u8]) -> bool {
    let shows = infer::is_mime_supported(claimed) || FAMILIES.iter().any(|family| family.contains(&claimed));
    match claimed.starts_with("text/") || is_xml(claimed) {
        true => is_text(head),
        false => !shows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0";
    const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0";

    #[test]
    fn tables_are_sorted() {
        assert!(PROGRAMS.is_sorted() && EXECUTABLE.is_sorted());
        assert!(EXTENSIONS.is_sorted());
    }

    #[test]
    fn the_first_bytes_count_before_the_name() {
        for (head, name, expected) in [
            (PDF, "Angebot.pdf", "application/pdf"),
            (PDF, "Angebot.txt", "application/pdf"),
            (PNG, "Foto", "image/png"),
            (ZIP, "Ablage.zip", "application/zip"),
            (ZIP, "Brief.ODT", "application/vnd.oasis.opendocument.text"),
            (b"Name;Ort\nM\xfcller;Hamburg\n", "liste.csv", "text/csv"),
            (b"Hallo", "notiz", "text/plain"),
            (b"MZ-Liste 2026", "liste.txt", "text/plain"),
            (b"<svg xmlns='x'/>", "plan.svg", "image/svg+xml"),
            (b"Hallo", "kein.docx", "text/plain"),
            (b"\0\x01\x02\x03", "messung.dat", "application/octet-stream"),
        ] {
            assert_eq!(judge(head, name, None).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn a_claim_must_be_borne_out() {
        for (head, claimed) in [
            (PDF, "application/pdf"),
            (PDF, "application/octet-stream"),
            (PNG, "IMAGE/PNG"),
            (ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (OLE, "application/vnd.ms-outlook"),
            (b"a;b", "text/csv"),
            (b"{}", "application/json"),
            (b"<html>", "text/html"),
            (b"\0\x01", "application/x-own"),
        ] {
            assert!(judge(head, "x", Some(claimed)).is_ok(), "{claimed}");
        }
        for (head, claimed, found) in [
            (PNG, "application/pdf", "image/png"),
            (PDF, "text/plain", "application/pdf"),
            (b"Hallo".as_slice(), "application/pdf", "text/plain"),
            (b"Hallo", "application/msword", "text/plain"),
            (b"\0\x01", "text/csv", "application/octet-stream"),
            (b"\0\x01", "image/jpeg", "application/octet-stream"),
        ] {
            let fault = Fault::of_value(FaultCode::MediaTypeMismatch, claimed).with("found", found);
            assert_eq!(judge(head, "x", Some(claimed)), Err(Refusal::MediaType(fault)), "{claimed}");
        }
    }

    #[test]
    fn programs_and_scripts_are_refused() {
        for head in
            [b"MZ\x90\0\x03\0\0\0".as_slice(), b"\x7fELF\x02\x01\x01\0", b"#!/bin/sh\nrm -rf /", b"\0asm\x01\0\0\0"]
        {
            let head = [head, &[0; 64]].concat();
            assert_eq!(judge(&head, "brief.pdf", None), Err(Refusal::Content(FaultCode::Executable.into())));
        }
        for name in ["setup.exe", "SETUP.EXE", "rechnung.pdf.js", "setup.exe. ", "x.lnk"] {
            assert_eq!(judge(b"Hallo", name, None), Err(Refusal::FileName(FaultCode::Executable.into())), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_file_is_too_strange(head: Vec<u8>, name in r"\PC{0,40}", claimed in proptest::option::of(r"\PC{0,40}")) {
            if let (Ok(media_type), None) = (judge(&head, &name, claimed.as_deref()), claimed) {
                proptest::prop_assert!(media_type.contains('/'));
            }
        }
    }
}
