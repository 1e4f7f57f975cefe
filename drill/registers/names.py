"""Words that synthetic people, places and companies are named with."""

GIVEN = tuple(
    "Mari Jaan Kati Peeter Liis Toomas Anu Andres Kadri Martin Piret Rein Tiina Urmas Signe Margus Helen Kalle Maarja Siim"
    " Triin Priit Eha Heino Külli Jüri Õnne Tõnu Leida Raivo Ülle Märt Epp Kaur Laura Mihkel Sofia Rasmus Emma Oskar".split()
)
SURNAMES = tuple(
    "Tamm Saar Sepp Mägi Kask Kukk Rebane Ilves Pärn Koppel Luik Oja Raudsepp Kaasik Lepik Vaher Kütt Põder Lepp Kuusk"
    " Karu Rand Nurk Õunapuu Allik Järv Liiv Teder Hunt Jõgi Kallas Roos Uibo Mets Laas Sild Vares Ots Pihlak Soosaar".split()
)
SETTLEMENTS = ("Järveküla", "Mäeotsa", "Kivisilla", "Nurmevälja", "Rannaküla", "Sooääre", "Tammiku", "Uuemõisa", "Väljaotsa")
COUNTIES = (
    "Harju", "Hiiu", "Ida-Viru", "Jõgeva", "Järva", "Lääne", "Lääne-Viru", "Põlva", "Pärnu", "Rapla", "Saare", "Tartu",
    "Valga", "Viljandi", "Võru",
)  # fmt: skip
STREETS = ("Kase", "Pärna", "Kooli", "Mere", "Aia", "Jõe", "Põllu", "Metsa", "Vabaduse", "Raudtee", "Õuna", "Sireli", "Kesk")
TRADES = ("Puit", "Ehitus", "Kalur", "Tarkvara", "Vedu", "Kohvik", "Metall", "Pagar", "Õmblus", "Talu", "Konsult", "Energia")
WORDS = tuple(
    "seadus määrus kohus riik omavalitsus ministeerium asutus isik õigus kohustus tähtaeg menetlus register andmed luba"
    " taotlus otsus järelevalve tasu rakendamine".split()
)
