//! People and firms: names out of the word lists of the crate `fake`, with e-mail addresses, postal addresses and telephone
//! numbers that fit them. E-mail domains are those that nobody can own (RFC 2606, 3).

use std::borrow::Cow;
use std::fmt::Write;

use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, JA_JP, PT_BR};

use super::places::{AUSTRALIA, BRAZIL, FRANCE, GERMANY, ITALY, JAPAN, UNITED_KINGDOM, UNITED_STATES};
use super::random::Draws;
use crate::model::Locale;

/// Domains that are kept for examples.
const DOMAINS: &[&str] = &["example.com", "example.com", "example.net", "example.org"];

/// What follows the name of an English street.
const STREETS: &[&str] =
    &["Street", "Road", "Avenue", "Lane", "Drive", "Close", "Court", "Way", "Place", "Terrace", "Crescent", "Grove"];

/// Words of one language.
struct Words {
    given: &'static [&'static str],
    family: &'static [&'static str],
    company: &'static [&'static str],
}

fn words(locale: Locale) -> Words {
    fn of<L: Data>() -> Words {
        Words { given: L::NAME_FIRST_NAME, family: L::NAME_LAST_NAME, company: L::COMPANY_SUFFIX }
    }
    match locale {
        Locale::De => of::<DE_DE>(),
        Locale::En | Locale::EnAu | Locale::EnGb => of::<EN>(),
        Locale::Fr => of::<FR_FR>(),
        Locale::It => of::<IT_IT>(),
        Locale::Ja => of::<JA_JP>(),
        Locale::Pt => of::<PT_BR>(),
    }
}

/// A word of the lists without their slips of the pen: a tab after a name, a quotation mark for an apostrophe.
fn tidy(word: &'static str) -> Cow<'static, str> {
    let word = word.trim();
    if word.contains('"') { word.replace('"', "'").into() } else { word.into() }
}

/// A person's name in the order of the language.
pub(super) fn name(locale: Locale, draws: &mut Draws) -> String {
    let words = words(locale);
    let (given, family) = (tidy(draws.one(words.given)), tidy(draws.one(words.family)));
    match locale {
        Locale::Ja => [&*family, " ", &*given].concat(),
        _ => [&*given, " ", &*family].concat(),
    }
}

/// A firm's name.
pub(super) fn company(locale: Locale, draws: &mut Draws) -> String {
    let words = words(locale);
    [&*tidy(draws.one(words.family)), " ", draws.one(words.company)].concat()
}

/// An e-mail address of somebody of this name; `number` tells people of one name apart.
pub(super) fn email(name: &str, number: u64, draws: &mut Draws) -> String {
    let mut address = String::with_capacity(name.len() + 24);
    for word in name.split_whitespace() {
        let before = address.len();
        if before > 0 {
            address.push('.');
        }
        let begun = address.len();
        fold(word, &mut address);
        if address.len() == begun {
            address.truncate(before);
        }
    }
    if address.is_empty() {
        address.push_str("mail");
    }
    // Writing to a String cannot fail.
    let _ = write!(address, "{number}@{}", draws.one(DOMAINS));
    address
}

/// The letters of a word that an e-mail address takes, in lower case; a Japanese family name by its usual reading.
fn fold(word: &str, out: &mut String) {
    if let Some((_, reading)) = READINGS.iter().find(|(written, _)| !word.is_ascii() && *written == word) {
        return out.push_str(reading);
    }
    for letter in word.chars() {
        match letter {
            'a'..='z' | '0'..='9' => out.push(letter),
            'A'..='Z' => out.push(letter.to_ascii_lowercase()),
            // Latin letters with marks end before U+0250. Other scripts have no reading that is right everywhere.
            '\u{C0}'..'\u{250}' => {
                let plain = deunicode::deunicode_char(letter).unwrap_or_default();
                out.extend(plain.chars().filter(char::is_ascii_alphanumeric).map(|plain| plain.to_ascii_lowercase()));
            }
            _ => {}
        }
    }
}

/// A postal address in one line, in the form of the country.
pub(super) fn address(locale: Locale, draws: &mut Draws) -> String {
    let family = tidy(draws.one(words(locale).family));
    let number = 1 + draws.below(180);
    let post = draws.next();
    match locale {
        Locale::En => {
            let (street, town) = (draws.one(STREETS), draws.one(UNITED_STATES));
            format!("{number} {family} {street}, {town} {:05}", 1000 + post % 98_000)
        }
        Locale::EnAu => {
            let (street, town) = (draws.one(STREETS), draws.one(AUSTRALIA));
            format!("{number} {family} {street}, {town} {:04}", 2000 + post % 7000)
        }
        Locale::EnGb => {
            let (street, (town, area)) = (draws.one(STREETS), draws.one(UNITED_KINGDOM));
            let unit = |at: u64| char::from(b"ABDEFGHJLNPQRSTUWXYZ"[(post >> at) as usize % 20]);
            format!("{number} {family} {street}, {town} {area}{} {}{}{}", 1 + post % 20, post % 9, unit(8), unit(16))
        }
        Locale::De => {
            let (town, area) = draws.one(GERMANY);
            let street = draws.one(&["straße", "weg", "allee", "platz", "gasse", "ufer"]);
            format!("{family}{street} {number}, {area}{:03} {town}", post % 1000)
        }
        Locale::Fr => {
            let (town, area) = draws.one(FRANCE);
            let street = draws.one(&["rue", "avenue", "boulevard", "place", "impasse", "quai"]);
            format!("{number} {street} {family}, {area}{:03} {town}", post % 20)
        }
        Locale::It => {
            let (town, area) = draws.one(ITALY);
            let street = draws.one(&["Via", "Viale", "Piazza", "Corso", "Vicolo"]);
            format!("{street} {family} {number}, {area}{:03} {town}", post % 200)
        }
        Locale::Ja => {
            let (town, area) = draws.one(JAPAN);
            let block = [1 + number % 8, 1 + post % 30, 1 + (post >> 8) % 20];
            format!("〒{area}-{:04} {town}{}-{}-{}", post % 10_000, block[0], block[1], block[2])
        }
        Locale::Pt => {
            let (town, area) = draws.one(BRAZIL);
            let street = draws.one(&["Rua", "Avenida", "Travessa", "Alameda", "Largo"]);
            format!("{street} {family}, {number}, {town}, {area}{:03}-{:03}", post % 1000, (post >> 16) % 1000)
        }
    }
}

/// A telephone number in the international form of the country.
pub(super) fn phone(locale: Locale, draws: &mut Draws) -> String {
    let digits = draws.next();
    let (three, four) = (digits % 1000, (digits >> 16) % 10_000);
    match locale {
        // 555-0100 to 555-0199 are kept for fiction.
        Locale::En => format!("+1 {} 555 {:04}", 201 + (digits >> 32) % 780, 100 + four % 100),
        Locale::EnAu => format!("+61 {} {four:04} {:04}", draws.one(&["2", "3", "7", "8"]), (digits >> 32) % 10_000),
        Locale::EnGb => format!("+44 {} {three:03} {four:04}", draws.one(&["20", "121", "131", "161"])),
        Locale::De => format!("+49 {} {three:03}{four:04}", draws.one(&["30", "40", "69", "89", "221", "341"])),
        Locale::Fr => format!("+33 {} {three:03}{four:04}", draws.one(&["1", "2", "3", "4", "5", "6"])),
        Locale::It => format!("+39 {} {three:03}{four:04}", draws.one(&["02", "06", "011", "051", "055", "081"])),
        Locale::Ja => format!("+81 {} {three:03} {four:04}", draws.one(&["3", "6", "11", "45", "52", "92"])),
        Locale::Pt => format!("+55 {} 9{three:03}-{four:04}", draws.one(&["11", "21", "31", "41", "51", "71", "81"])),
    }
}

/// A word.
pub(super) fn word(draws: &mut Draws) -> &'static str {
    draws.one(EN::LOREM_WORD)
}

/// A sentence of four to twelve words.
pub(super) fn sentence(draws: &mut Draws) -> String {
    let count = 4 + draws.below(9);
    let mut text = String::with_capacity(96);
    for at in 0..count {
        let word = word(draws);
        match at {
            0 => {
                text.push_str(&word[..1].to_ascii_uppercase());
                text.push_str(&word[1..]);
            }
            _ => {
                text.push(' ');
                text.push_str(word);
            }
        }
    }
    text.push('.');
    text
}

/// Family names of the Japanese list with their usual readings.
#[rustfmt::skip]
const READINGS: &[(&str, &str)] = &[
    ("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("田中", "tanaka"), ("伊藤", "ito"),
    ("山本", "yamamoto"), ("渡辺", "watanabe"), ("中村", "nakamura"), ("小林", "kobayashi"), ("加藤", "kato"),
    ("吉田", "yoshida"), ("山田", "yamada"), ("佐々木", "sasaki"), ("山口", "yamaguchi"), ("松本", "matsumoto"),
    ("井上", "inoue"), ("木村", "kimura"), ("林", "hayashi"), ("斎藤", "saito"), ("清水", "shimizu"),
    ("山崎", "yamazaki"), ("阿部", "abe"), ("森", "mori"), ("池田", "ikeda"), ("橋本", "hashimoto"),
    ("山下", "yamashita"), ("石川", "ishikawa"), ("中島", "nakajima"), ("前田", "maeda"), ("藤田", "fujita"),
    ("後藤", "goto"), ("小川", "ogawa"), ("岡田", "okada"), ("村上", "murakami"), ("長谷川", "hasegawa"),
    ("近藤", "kondo"), ("石井", "ishii"), ("斉藤", "saito"), ("坂本", "sakamoto"), ("遠藤", "endo"),
    ("藤井", "fujii"), ("青木", "aoki"), ("福田", "fukuda"), ("三浦", "miura"), ("西村", "nishimura"),
    ("藤原", "fujiwara"), ("太田", "ota"), ("松田", "matsuda"), ("原田", "harada"), ("岡本", "okamoto"),
    ("中野", "nakano"), ("中川", "nakagawa"), ("小野", "ono"), ("田村", "tamura"), ("竹内", "takeuchi"),
    ("金子", "kaneko"), ("中山", "nakayama"), ("和田", "wada"), ("石田", "ishida"), ("工藤", "kudo"),
    ("上田", "ueda"), ("原", "hara"), ("森田", "morita"), ("酒井", "sakai"), ("横山", "yokoyama"),
    ("柴田", "shibata"), ("宮崎", "miyazaki"), ("宮本", "miyamoto"), ("内田", "uchida"), ("高木", "takagi"),
    ("谷口", "taniguchi"), ("安藤", "ando"), ("丸山", "maruyama"), ("今井", "imai"), ("大野", "ohno"),
    ("高田", "takada"), ("菅原", "sugawara"), ("河野", "kono"), ("武田", "takeda"), ("藤本", "fujimoto"),
    ("上野", "ueno"), ("杉山", "sugiyama"), ("千葉", "chiba"), ("村田", "murata"), ("増田", "masuda"),
    ("小島", "kojima"), ("小山", "koyama"), ("大塚", "otsuka"), ("平野", "hirano"), ("久保", "kubo"),
    ("渡部", "watanabe"), ("松井", "matsui"), ("菊地", "kikuchi"), ("岩崎", "iwasaki"), ("松尾", "matsuo"),
    ("佐野", "sano"), ("木下", "kinoshita"), ("野口", "noguchi"), ("野村", "nomura"), ("新井", "arai"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_japanese_family_name_has_a_reading() {
        for written in JA_JP::NAME_LAST_NAME {
            assert!(READINGS.iter().any(|(known, _)| known == written), "{written}");
        }
    }

    #[test]
    fn every_name_is_words_with_one_space_between() {
        for (_, locale) in Locale::WORDS {
            let Words { given, family, .. } = words(locale);
            for word in given.iter().chain(family).map(|word| tidy(word)) {
                let proper = |c: char| c.is_alphabetic() || "'-. ’\u{302}々".contains(c);
                assert!(word.chars().all(proper) && word.split(' ').all(|part| !part.is_empty()), "{word:?}");
            }
        }
    }

    #[test]
    fn an_email_address_is_the_name_in_plain_letters() {
        let mail = |name| email(name, 7, &mut Draws::new(1, 1)).split('@').next().unwrap_or_default().to_string();
        assert_eq!(mail("Jürgen Groß"), "jurgen.gross7");
        assert_eq!(mail("佐藤 陽斗"), "sato7");
        assert_eq!(mail("Aoife O'Brien-Łukasz"), "aoife.obrienlukasz7");
        assert_eq!([mail("王伟"), mail(" ")], ["mail7", "mail7"]);
    }
}
