//! Towns, for addresses: the crate `fake` composes town names by chance, and in English only.

/// Towns of the United States with their states.
pub(super) const UNITED_STATES: &[&str] = &[
    "New York, NY",
    "Los Angeles, CA",
    "Chicago, IL",
    "Houston, TX",
    "Phoenix, AZ",
    "Philadelphia, PA",
    "San Diego, CA",
    "Dallas, TX",
    "Austin, TX",
    "Columbus, OH",
    "Seattle, WA",
    "Denver, CO",
    "Boston, MA",
    "Nashville, TN",
    "Portland, OR",
    "Atlanta, GA",
];

/// Towns of Australia with their states.
pub(super) const AUSTRALIA: &[&str] = &[
    "Sydney NSW",
    "Newcastle NSW",
    "Wollongong NSW",
    "Melbourne VIC",
    "Geelong VIC",
    "Ballarat VIC",
    "Brisbane QLD",
    "Cairns QLD",
    "Townsville QLD",
    "Perth WA",
    "Fremantle WA",
    "Adelaide SA",
    "Hobart TAS",
    "Canberra ACT",
    "Darwin NT",
];

/// Towns of the United Kingdom with the letters of their post codes.
pub(super) const UNITED_KINGDOM: &[(&str, &str)] = &[
    ("London", "SE"),
    ("London", "NW"),
    ("Manchester", "M"),
    ("Birmingham", "B"),
    ("Leeds", "LS"),
    ("Glasgow", "G"),
    ("Edinburgh", "EH"),
    ("Liverpool", "L"),
    ("Bristol", "BS"),
    ("Sheffield", "S"),
    ("Cardiff", "CF"),
    ("Belfast", "BT"),
    ("Nottingham", "NG"),
    ("Oxford", "OX"),
    ("Cambridge", "CB"),
    ("York", "YO"),
];

/// Towns of Germany with the first two digits of their post codes.
pub(super) const GERMANY: &[(&str, &str)] = &[
    ("Berlin", "10"),
    ("Hamburg", "20"),
    ("München", "80"),
    ("Köln", "50"),
    ("Frankfurt am Main", "60"),
    ("Stuttgart", "70"),
    ("Düsseldorf", "40"),
    ("Leipzig", "04"),
    ("Dresden", "01"),
    ("Hannover", "30"),
    ("Nürnberg", "90"),
    ("Bremen", "28"),
    ("Freiburg", "79"),
    ("Münster", "48"),
    ("Göttingen", "37"),
    ("Würzburg", "97"),
];

/// Towns of France with the first two digits of their post codes.
pub(super) const FRANCE: &[(&str, &str)] = &[
    ("Paris", "75"),
    ("Marseille", "13"),
    ("Lyon", "69"),
    ("Toulouse", "31"),
    ("Nice", "06"),
    ("Nantes", "44"),
    ("Montpellier", "34"),
    ("Strasbourg", "67"),
    ("Bordeaux", "33"),
    ("Lille", "59"),
    ("Rennes", "35"),
    ("Reims", "51"),
    ("Grenoble", "38"),
    ("Dijon", "21"),
    ("Angers", "49"),
    ("Nîmes", "30"),
];

/// Towns of Italy with the first two digits of their post codes.
pub(super) const ITALY: &[(&str, &str)] = &[
    ("Roma", "00"),
    ("Milano", "20"),
    ("Napoli", "80"),
    ("Torino", "10"),
    ("Palermo", "90"),
    ("Genova", "16"),
    ("Bologna", "40"),
    ("Firenze", "50"),
    ("Bari", "70"),
    ("Catania", "95"),
    ("Venezia", "30"),
    ("Verona", "37"),
    ("Trieste", "34"),
    ("Padova", "35"),
    ("Parma", "43"),
    ("Pisa", "56"),
];

/// Towns of Brazil with their states and the first two digits of their post codes.
pub(super) const BRAZIL: &[(&str, &str)] = &[
    ("São Paulo - SP", "01"),
    ("Campinas - SP", "13"),
    ("Rio de Janeiro - RJ", "20"),
    ("Niterói - RJ", "24"),
    ("Belo Horizonte - MG", "30"),
    ("Salvador - BA", "40"),
    ("Brasília - DF", "70"),
    ("Fortaleza - CE", "60"),
    ("Curitiba - PR", "80"),
    ("Recife - PE", "50"),
    ("Manaus - AM", "69"),
    ("Porto Alegre - RS", "90"),
    ("Goiânia - GO", "74"),
    ("Florianópolis - SC", "88"),
    ("Vitória - ES", "29"),
    ("Natal - RN", "59"),
];

/// Wards and towns of Japan with the first three digits of their post codes.
pub(super) const JAPAN: &[(&str, &str)] = &[
    ("東京都渋谷区神宮前", "150"),
    ("東京都新宿区西新宿", "160"),
    ("東京都港区南青山", "107"),
    ("東京都世田谷区北沢", "155"),
    ("神奈川県横浜市中区本町", "231"),
    ("大阪府大阪市北区梅田", "530"),
    ("大阪府堺市堺区市之町東", "590"),
    ("愛知県名古屋市中区栄", "460"),
    ("京都府京都市左京区北白川", "606"),
    ("兵庫県神戸市中央区三宮町", "650"),
    ("福岡県福岡市博多区博多駅前", "812"),
    ("北海道札幌市中央区北一条西", "060"),
    ("宮城県仙台市青葉区一番町", "980"),
    ("広島県広島市中区大手町", "730"),
    ("石川県金沢市香林坊", "920"),
    ("沖縄県那覇市久茂地", "900"),
];
