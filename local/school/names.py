"""Words the sample school's people are named with, and numbers nobody has. No pair of words is meant to be anybody.

Only letters of Western European code pages occur, since Synergetic's columns are varchar.
"""

import unicodedata
from random import Random

_GIVEN = (
    "Aaliyah Adèle Aiden Aisha Alejandro Amara Amelia Anh Anika Archie Arjun Asher Astrid Ayaan Beatrix Bindi Björn "
    "Callum Camille Charlotte Chloë Clementine Dae-Jung Daisy Darcy Dina Dmitri Ebony Eleni Élodie Emeka Ethan Farah "
    "Fatima Felix Finn François Freya Georgia Grace Hamish Harriet Hassan Hugo Ibrahim Imogen Indigo Isla Ivy Jack "
    "Jarrah Jasmine Joaquín José Kai Kiran Kirra Lachlan Laila Leilani Leo Linh Lucía Mahmoud Malia Marlee Mathilda "
    "Mei Mia Mohammed Naomi Nasir Ngozi Niamh Noah Oisín Olivia Omar Oscar Penelope Priya Quan Rafael Renée Rohan "
    "Rosie Ruby Samira Sana Seán Siân Sienna Sofía Søren Tahlia Tane Thanh Theodora Tilly Tomás Uma Valentina Wei "
    "Willow Xanthe Yara Yusuf Zahra Zane Zoë"
)
_SURNAMES = (
    "Abernathy|Achterberg|Adeyemi|Alvarez|Andersson|Baptiste|Barrington|Bianchi|Birdwood|Björklund|Boateng|Brücke|"
    "Carmody|Castellano|Chatterjee|Cheung|D'Angelo|D'Souza|da Silva|Dabrowski|de la Cruz|Demetriou|Dhillon|Eriksen|"
    "Fairweather|Fernández|Fitzroy|Gallagher|García|Gebremariam|Grünwald|Gunawardena|Haddad|Halloran|Harcourt|"
    "Hartigan|Heathcote|Ibáñez|Ingram|Iyer|Jankowski|Jóhannsson|Kaur|Kavanagh|Kowalczyk|Kumarasinghe|L'Estrange|"
    "Lachance|Lefèvre|Lindqvist|Lombardo|MacAllister|McAuliffe|McNamara|Mendonça|Moreau|Müller|Nakamura|Ng|Nguyen|"
    "Núñez|O'Brien|O'Connell|O'Dowd|O'Sullivan|Okafor|Ólafsson|Pappas|Parangi|Pereira|Pham|Quigley|Rasmussen|Richter|"
    "Rodríguez|Rosenbaum|Sæther|Santos|Schröder|Sengupta|Sharma|Silveira|Sørensen|St. Clair|Suzuki|Tanaka|Taufa|"
    "Thornbury|Tran|Trevelyan|Underwood|van der Berg|Vasquez|Villanueva|Wangari|Warburton|Whitby-Hughes|Winterbourne|"
    "Xenakis|Yamamoto|Yilmaz|Zeballos|Zimmermann"
)
_SHORT = {
    "Alejandro": "Alex",
    "Charlotte": "Lottie",
    "Clementine": "Clem",
    "Mathilda": "Tilly",
    "Theodora": "Teddy",
    "Rafael": "Rafa",
}
# The mobile numbers Australia keeps free for fiction, and its fictitious landline prefix.
_MOBILES = (
    "0491570006 0491570156 0491570157 0491570158 0491570159 0491570110 0491570313 0491570737 0491571266 0491571491 0491571804 "
    "0491572549 0491572665 0491572983 0491573770 0491573087 0491574118 0491574632 0491575254 0491575789 0491576398 0491576801 "
    "0491577426 0491577644 0491578957 0491578148 0491578888 0491579212 0491579760 0491579455"
)
GIVEN = tuple(_GIVEN.split())
SURNAMES = tuple(_SURNAMES.split("|"))
MOBILES = tuple(_MOBILES.split())


def chance(rng: Random, share: float) -> bool:
    """Draw a yes or no, yes in this share of all cases."""
    return rng.random() < share


def surname(rng: Random) -> str:
    """Draw a surname."""
    return rng.choice(SURNAMES)


def given_names(rng: Random) -> tuple[str, str, str]:
    """Draw a given name, a second one that may be empty, and the preferred one."""
    first = rng.choice(GIVEN)
    second = rng.choice(GIVEN) if chance(rng, 0.7) else ""
    preferred = second if second and chance(rng, 0.03) else _SHORT.get(first, first)
    return first, second, preferred


def mobile(rng: Random) -> str:
    """Draw a mobile number, written in one of the ways people write them."""
    digits = rng.choice(MOBILES)
    first, second, third = digits[:4], digits[4:7], digits[7:]
    return rng.choice((f"{first} {second} {third}",) * 6 + (digits,) * 3 + (f"+61 {first[1:]} {second} {third}",))


def landline(rng: Random) -> str:
    """Draw a landline number."""
    return f"(03) 5550 {rng.randrange(10_000):04d}"


def medicare(rng: Random) -> str:
    """Draw the number of a Medicare card: those of people begin with 2 to 6."""
    return f"9{rng.randrange(10**9):09d}"


def mail_name(*words: str) -> str:
    """Return words as the local part of an e-mail address."""
    plain = unicodedata.normalize("NFKD", ".".join(words)).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum() or letter in ".-").strip(".")
