"""Names of languages by the codes that known tasks use, and what the texts say of a language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from semeval_emo.task import Language, known_tasks

ENGLISH, UNKNOWN = "eng", "und"
_ENGLISH = frozenset(
    {
        "the",
        "and",
        "to",
        "of",
        "is",
        "you",
        "that",
        "in",
        "it",
        "for",
        "not",
        "are",
        "this",
        "with",
        "was",
        "have",
        "my",
    }
)
# Of ten words of English prose, three or four are these.
_SHARE = 0.15
# ISO 639-3 and 639-1, name, family, script of languages that the known tasks do not have, or under other codes.
_OTHERS = """
ara ar Arabic|Afro-Asiatic|Arabic
asm as Assamese|Indo-European|Bengali
aze az Azerbaijani|Turkic|Latin
ben bn Bengali|Indo-European|Bengali
bul bg Bulgarian|Indo-European|Cyrillic
cat ca Catalan|Indo-European|Latin
ces cs Czech|Indo-European|Latin
cym cy Welsh|Indo-European|Latin
dan da Danish|Indo-European|Latin
ell el Greek|Indo-European|Greek
est et Estonian|Uralic|Latin
eus eu Basque|Isolate|Latin
fas fa Persian|Indo-European|Arabic
fin fi Finnish|Uralic|Latin
fra fr French|Indo-European|Latin
gle ga Irish|Indo-European|Latin
glg gl Galician|Indo-European|Latin
guj gu Gujarati|Indo-European|Gujarati
heb he Hebrew|Afro-Asiatic|Hebrew
hrv hr Croatian|Indo-European|Latin
hun hu Hungarian|Uralic|Latin
hye hy Armenian|Indo-European|Armenian
isl is Icelandic|Indo-European|Latin
ita it Italian|Indo-European|Latin
jpn ja Japanese|Japonic|Japanese
kan kn Kannada|Dravidian|Kannada
kat ka Georgian|Kartvelian|Georgian
kaz kk Kazakh|Turkic|Cyrillic
khm km Khmer|Austroasiatic|Khmer
kor ko Korean|Koreanic|Hangul
lav lv Latvian|Indo-European|Latin
lit lt Lithuanian|Indo-European|Latin
mal ml Malayalam|Dravidian|Malayalam
mkd mk Macedonian|Indo-European|Cyrillic
msa ms Malay|Austronesian|Latin
mya my Burmese|Sino-Tibetan|Myanmar
nep ne Nepali|Indo-European|Devanagari
nld nl Dutch|Indo-European|Latin
nor no Norwegian|Indo-European|Latin
ori or Odia|Indo-European|Odia
pan pa Punjabi|Indo-European|Gurmukhi
pol pl Polish|Indo-European|Latin
por pt Portuguese|Indo-European|Latin
pus ps Pashto|Indo-European|Arabic
sin si Sinhala|Indo-European|Sinhala
slk sk Slovak|Indo-European|Latin
slv sl Slovenian|Indo-European|Latin
spa es Spanish|Indo-European|Latin
sqi sq Albanian|Indo-European|Latin
srp sr Serbian|Indo-European|Cyrillic
tam ta Tamil|Dravidian|Tamil
tel te Telugu|Dravidian|Telugu
tgl tl Tagalog|Austronesian|Latin
tha th Thai|Kra-Dai|Thai
tur tr Turkish|Turkic|Latin
urd ur Urdu|Indo-European|Arabic
uzb uz Uzbek|Turkic|Latin
vie vi Vietnamese|Austroasiatic|Latin
zho zh Chinese|Sino-Tibetan|Han
"""
_SEEN = 2000
_SCRIPTS = {"Cjk": "Han"}


def known_languages() -> dict[str, Language]:
    """Return languages by code, other code and name, in lower case; each under that code.

    >>> known_languages()["en"].name, known_languages()["german"].code, known_languages()["pol"].family
    ('English', 'deu', 'Indo-European')
    """
    found: dict[str, Language] = {}
    for _, task in known_tasks():
        for code, language in task.languages.items():
            found.setdefault(code.lower(), language)
    for line in _OTHERS.split("\n")[1:-1]:
        codes, family, script = line.split("|")
        iso, short, name = codes.split(" ", 2)
        found.setdefault(iso, Language(iso, name, family, script))
        found.setdefault(short, Language(short, name, family, script, iso))
        found.setdefault(name.lower(), Language(iso, name, family, script))
    for _, task in known_tasks():
        for other, codes_of in task.aliases.items():
            # A code of several languages, such as ar, does not name one of them.
            if len(codes_of) == 1:
                language = task.languages[codes_of[0]]
                name = language.name.partition(" (")[0]
                iso = language.iso or codes_of[0]
                found.setdefault(other.lower(), replace(language, code=other, name=name, iso=iso))
    for language in list(found.values()):
        found.setdefault(language.name.partition(" (")[0].lower(), language)
    return found


def language_of(texts: Iterable[str]) -> str:
    """Return the code of English if texts have its most common words, else the code for an unknown language."""
    words = [word for text in islice(texts, _SEEN) for word in re.findall(r"[a-z']+", text.lower())]
    return ENGLISH if words and sum(word in _ENGLISH for word in words) >= _SHARE * len(words) else UNKNOWN


def script_of(texts: Sequence[str]) -> str:
    """Return the script of most letters of texts, such as Latin; empty without letters.

    >>> script_of(["Привет", "ok"]), script_of(["你好"]), script_of(["12"])
    ('Cyrillic', 'Han', '')
    """
    letters = Counter(character for text in texts[:_SEEN] for character in text if character.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "").partition(" ")[0].title()] += count
    most = scripts.most_common(1)
    return _SCRIPTS.get(most[0][0], most[0][0]) if most else ""
