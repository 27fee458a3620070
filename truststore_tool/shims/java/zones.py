"""Short zone names that the JDK 17 has of its own (English), where the time zone database says otherwise.

A JVM knows two names for a zone, whatever the year: that of standard time and that of summer time.
"""

from typing import Final

_ZONES: Final = {
    "ACT ACST": "America/Eirunepe America/Porto_Acre America/Rio_Branco Brazil/Acre",
    "ACWST ACWDT": "Australia/Eucla",
    "AFT": "Asia/Kabul",
    "AKST AKDT": (
        "America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat US/Alaska"
    ),
    "ALMT ALMST": "Asia/Almaty",
    "AMT AMST": (
        "America/Boa_Vista America/Campo_Grande America/Cuiaba America/Manaus America/Porto_Velho "
        "Asia/Yerevan Brazil/West"
    ),
    "ANAT ANAST": "Asia/Anadyr",
    "AQTT AQTST": "Asia/Aqtau Asia/Aqtobe",
    "ART ARST": (
        "America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia "
        "America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja "
        "America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta "
        "America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman "
        "America/Argentina/Ushuaia America/Buenos_Aires America/Catamarca America/Cordoba America/Jujuy "
        "America/Mendoza America/Rosario"
    ),
    "AST ADT": "America/Goose_Bay America/Santo_Domingo Asia/Baghdad",
    "AST": "America/Antigua America/Aruba America/Curacao Asia/Aden Asia/Bahrain Asia/Kuwait Asia/Qatar Asia/Riyadh",
    "AWST": "Antarctica/Casey",
    "AZOT AZOST": "Atlantic/Azores",
    "AZT AZST": "Asia/Baku",
    "BDT BDST": "Asia/Dacca Asia/Dhaka",
    "BNT": "Asia/Brunei",
    "BOT": "America/La_Paz",
    "BRT BRST": (
        "America/Araguaina America/Bahia America/Belem America/Fortaleza America/Maceio America/Recife "
        "America/Santarem America/Sao_Paulo Brazil/East"
    ),
    "BST": "Pacific/Bougainville",
    "BTT": "Asia/Thimbu Asia/Thimphu",
    "CAT CAST": "Africa/Juba Africa/Khartoum",
    "CAT WAT": "Africa/Windhoek",
    "CCT": "Indian/Cocos",
    "CET CEST": "Africa/Algiers Africa/Ceuta Europe/Gibraltar",
    "CHAST CHADT": "NZ-CHAT Pacific/Chatham",
    "CHOT CHOST": "Asia/Choibalsan",
    "CHUT": "Pacific/Chuuk Pacific/Truk Pacific/Yap",
    "CKT CKHST": "Pacific/Rarotonga",
    "CLT CLST": "America/Santiago Antarctica/Palmer Chile/Continental",
    "COT COST": "America/Bogota",
    "CST CDT": (
        "America/Bahia_Banderas America/Belize America/Chihuahua America/Indiana/Knox "
        "America/Indiana/Tell_City America/Knox_IN America/Managua America/Menominee America/Merida "
        "America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem "
        "America/Ojinaga America/Rankin_Inlet America/Regina America/Resolute America/Swift_Current "
        "Canada/Saskatchewan US/Indiana-Starke"
    ),
    "CVT": "Atlantic/Cape_Verde",
    "CXT": "Indian/Christmas",
    "ChST ChDT": "Pacific/Guam Pacific/Saipan",
    "DAVT": "Antarctica/Davis",
    "DDUT": "Antarctica/DumontDUrville",
    "EAST EASST": "Chile/EasterIsland Pacific/Easter",
    "EAT": "Africa/Dar_es_Salaam Africa/Kampala Africa/Mogadishu",
    "ECT ECST": "America/Guayaquil",
    "EET EEST": (
        "Africa/Tripoli Asia/Amman Asia/Damascus Asia/Famagusta Asia/Gaza Asia/Hebron Europe/Chisinau "
        "Europe/Kaliningrad Europe/Kiev Europe/Kyiv Europe/Riga Europe/Tallinn Europe/Tiraspol "
        "Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye Libya"
    ),
    "EGT EGST": "America/Scoresbysund",
    "EST EDT": (
        "America/Cancun America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis "
        "America/Indiana/Marengo America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes "
        "America/Indiana/Winamac America/Indianapolis America/Iqaluit America/Kentucky/Louisville "
        "America/Kentucky/Monticello America/Louisville America/Pangnirtung US/East-Indiana"
    ),
    "FJT FJST": "Pacific/Fiji",
    "FKT FKST": "Atlantic/Stanley",
    "FNT FNST": "America/Noronha Brazil/DeNoronha",
    "GALT GALST": "Pacific/Galapagos",
    "GAMT": "Pacific/Gambier",
    "GET GEST": "Asia/Tbilisi",
    "GFT": "America/Cayenne",
    "GILT": "Pacific/Tarawa",
    "GMT BST": "Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London GB GB-Eire",
    "GMT CEST": "Antarctica/Troll",
    "GMT GHST": "Africa/Accra",
    "GMT": (
        "Africa/Bamako Africa/Bissau Africa/Conakry Africa/Monrovia Africa/Nouakchott Africa/Sao_Tome "
        "America/Danmarkshavn Atlantic/Reykjavik Atlantic/St_Helena"
    ),
    "GMT IST": "Eire Europe/Dublin",
    "GMT+01:00": "Etc/GMT-1",
    "GMT+02:00": "Etc/GMT-2",
    "GMT+03:00": "Etc/GMT-3",
    "GMT+04:00": "Etc/GMT-4 Europe/Astrakhan Europe/Saratov Europe/Ulyanovsk",
    "GMT+05:00": "Asia/Atyrau Etc/GMT-5",
    "GMT+06:00": "Etc/GMT-6",
    "GMT+07:00": "Asia/Barnaul Asia/Tomsk Etc/GMT-7",
    "GMT+08:00": "Etc/GMT-8",
    "GMT+09:00": "Etc/GMT-9",
    "GMT+10:00": "Etc/GMT-10",
    "GMT+11:00": "Etc/GMT-11",
    "GMT+12:00": "Etc/GMT-12",
    "GMT+13:00": "Etc/GMT-13 Pacific/Kanton",
    "GMT+14:00": "Etc/GMT-14",
    "GMT-01:00": "Etc/GMT+1",
    "GMT-02:00": "Etc/GMT+2",
    "GMT-03:00": "America/Punta_Arenas Etc/GMT+3",
    "GMT-04:00": "Etc/GMT+4",
    "GMT-05:00": "Etc/GMT+5",
    "GMT-06:00": "Etc/GMT+6",
    "GMT-07:00": "Etc/GMT+7",
    "GMT-08:00": "Etc/GMT+8",
    "GMT-09:00": "Etc/GMT+9",
    "GMT-10:00": "Etc/GMT+10",
    "GMT-11:00": "Etc/GMT+11",
    "GMT-12:00": "Etc/GMT+12",
    "GST": "Asia/Dubai Asia/Muscat Atlantic/South_Georgia",
    "GYT": "America/Guyana",
    "HAST HADT": "America/Adak America/Atka US/Aleutian",
    "HAST": "Pacific/Johnston",
    "HOVT HOVST": "Asia/Hovd",
    "ICT": "Asia/Bangkok Asia/Ho_Chi_Minh Asia/Phnom_Penh Asia/Saigon Asia/Vientiane",
    "IOT": "Indian/Chagos",
    "IRKT IRKST": "Asia/Irkutsk",
    "IRST IRDT": "Asia/Tehran Iran",
    "IST": "Asia/Colombo",
    "KGT KGST": "Asia/Bishkek",
    "KOST": "Pacific/Kosrae",
    "KRAT KRAST": "Asia/Krasnoyarsk Asia/Novokuznetsk",
    "LHST LHDT": "Australia/LHI Australia/Lord_Howe",
    "LINT": "Pacific/Kiritimati",
    "MAGT MAGST": "Asia/Magadan",
    "MART": "Pacific/Marquesas",
    "MAWT": "Antarctica/Mawson",
    "MHT": "Kwajalein Pacific/Kwajalein Pacific/Majuro",
    "MMT": "Asia/Rangoon Asia/Yangon",
    "MSK MSD": "Europe/Kirov Europe/Minsk Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU",
    "MST MDT": (
        "America/Cambridge_Bay America/Ciudad_Juarez America/Dawson America/Dawson_Creek America/Fort_Nelson "
        "America/Inuvik America/Whitehorse Canada/Yukon"
    ),
    "MUT MUST": "Indian/Mauritius",
    "MVT": "Indian/Maldives",
    "MYT": "Asia/Kuala_Lumpur Asia/Kuching",
    "NCT NCST": "Pacific/Noumea",
    "NFT NFST": "Pacific/Norfolk",
    "NOVT NOVST": "Asia/Novosibirsk",
    "NPT": "Asia/Kathmandu Asia/Katmandu",
    "NRT": "Pacific/Nauru",
    "NST NDT": "America/St_Johns Canada/Newfoundland",
    "NUT": "Pacific/Niue",
    "NZST NZDT": "Antarctica/McMurdo",
    "OMST OMSST": "Asia/Omsk",
    "ORAT ORAST": "Asia/Oral",
    "PET PEST": "America/Lima",
    "PETT PETST": "Asia/Kamchatka",
    "PGT": "Pacific/Port_Moresby",
    "PHOT": "Pacific/Enderbury",
    "PKT PKST": "Asia/Karachi",
    "PMST PMDT": "America/Miquelon",
    "PONT": "Pacific/Pohnpei Pacific/Ponape",
    "PST": "Pacific/Pitcairn",
    "PWT": "Pacific/Palau",
    "PYT PYST": "America/Asuncion",
    "QOST QOSST": "Asia/Qostanay",
    "QYZT QYZST": "Asia/Qyzylorda",
    "RET": "Indian/Reunion",
    "ROTT": "Antarctica/Rothera",
    "SAKT SAKST": "Asia/Sakhalin",
    "SAMT SAMST": "Europe/Samara",
    "SBT": "Pacific/Guadalcanal",
    "SCT": "Indian/Mahe",
    "SGT": "Asia/Singapore Singapore",
    "SRET SREDT": "Asia/Srednekolymsk",
    "SRT": "America/Paramaribo",
    "SST SDT": "Pacific/Midway",
    "SYOT": "Antarctica/Syowa",
    "TAHT": "Pacific/Tahiti",
    "TFT": "Indian/Kerguelen",
    "TJT TJST": "Asia/Dushanbe",
    "TKT": "Pacific/Fakaofo",
    "TLT": "Asia/Dili",
    "TMT TMST": "Asia/Ashgabat Asia/Ashkhabad",
    "TOT TOST": "Pacific/Tongatapu",
    "TRT TRST": "Asia/Istanbul Europe/Istanbul Turkey",
    "TVT": "Pacific/Funafuti",
    "ULAT ULAST": "Asia/Ulaanbaatar Asia/Ulan_Bator",
    "UYT UYST": "America/Montevideo",
    "UZT UZST": "Asia/Samarkand Asia/Tashkent",
    "VET": "America/Caracas",
    "VLAT VLAST": "Asia/Ust-Nera Asia/Vladivostok",
    "VOST": "Antarctica/Vostok",
    "VUT VUST": "Pacific/Efate",
    "WAKT": "Pacific/Wake",
    "WAT": "Africa/Malabo Africa/Niamey",
    "WET WEST": "Africa/Casablanca Africa/El_Aaiun Atlantic/Madeira Europe/Lisbon Portugal",
    "WFT": "Pacific/Wallis",
    "WGT WGST": "America/Godthab America/Nuuk",
    "WIB": "Asia/Jakarta Asia/Pontianak",
    "WIT": "Asia/Jayapura",
    "WSST WSDT": "Pacific/Apia",
    "XJT": "Asia/Kashgar Asia/Urumqi",
    "YAKT YAKST": "Asia/Chita Asia/Khandyga Asia/Yakutsk",
    "YEKT YEKST": "Asia/Yekaterinburg",
}
# Zone: the names of its standard and its summer time.
SHORT_NAMES: Final = {
    zone: (names.split()[0], names.split()[-1]) for names, zones in _ZONES.items() for zone in zones.split()
}
