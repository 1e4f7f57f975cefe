"""Words that synthetic people, places and companies are named with."""

GIVEN = (
    "Mari", "Jaan", "Kati", "Peeter", "Liis", "Toomas", "Anu", "Andres", "Kadri", "Martin", "Piret", "Rein",
    "Tiina", "Urmas", "Signe", "Margus", "Helen", "Kalle", "Maarja", "Siim", "Triin", "Priit", "Eha", "Heino",
    "Külli", "Jüri", "Õnne", "Tõnu", "Leida", "Raivo", "Ülle", "Märt", "Epp", "Kaur", "Laura", "Mihkel",
    "Sofia", "Rasmus", "Emma", "Oskar",
)  # fmt: skip
SURNAMES = (
    "Tamm", "Saar", "Sepp", "Mägi", "Kask", "Kukk", "Rebane", "Ilves", "Pärn", "Koppel", "Luik", "Oja",
    "Raudsepp", "Kaasik", "Lepik", "Vaher", "Kütt", "Põder", "Lepp", "Kuusk", "Karu", "Rand", "Nurk", "Õunapuu",
    "Allik", "Järv", "Liiv", "Teder", "Hunt", "Jõgi", "Kallas", "Roos", "Uibo", "Mets", "Laas", "Sild", "Vares",
    "Ots", "Pihlak", "Soosaar",
)  # fmt: skip
SETTLEMENTS = (
    "Järveküla", "Mäeotsa", "Kivisilla", "Nurmevälja", "Rannaküla", "Sooääre", "Tammiku", "Uuemõisa",
    "Väljaotsa",
)  # fmt: skip
COUNTIES = (
    "Harju", "Hiiu", "Ida-Viru", "Jõgeva", "Järva", "Lääne", "Lääne-Viru", "Põlva", "Pärnu", "Rapla", "Saare",
    "Tartu", "Valga", "Viljandi", "Võru",
)  # fmt: skip
STREETS = (
    "Kase", "Pärna", "Kooli", "Mere", "Aia", "Jõe", "Põllu", "Metsa", "Vabaduse", "Raudtee", "Õuna", "Sireli",
    "Kesk",
)  # fmt: skip
TRADES = (
    "Puit", "Ehitus", "Kalur", "Tarkvara", "Vedu", "Kohvik", "Metall", "Pagar", "Õmblus", "Talu", "Konsult",
    "Energia",
)  # fmt: skip
WORDS = (
    "seadus", "määrus", "kohus", "riik", "omavalitsus", "ministeerium", "asutus", "isik", "õigus", "kohustus",
    "tähtaeg", "menetlus", "register", "andmed", "luba", "taotlus", "otsus", "järelevalve", "tasu",
    "rakendamine",
)  # fmt: skip
