"""The codes of languages that seed lists take, and the nearest one to what was written instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache

NEAR = 0.8
"""How alike a name must be, by `difflib`, to be taken for a slip: `Englisch` and `English` are .93, `Spanish` and
`Danish` .77."""
_NAMES = """
aa Afar, Qafar; ab Abkhazian; ae Avestan; af Afrikaans; ak Akan; am Amharic; an Aragonese, aragonés; ar Arabic
as Assamese; av Avaric; ay Aymara; az Azerbaijani; ba Bashkir; be Belarusian; bg Bulgarian; bi Bislama
bm Bambara, bamanakan; bn Bangla; bo Tibetan; br Breton, brezhoneg; bs Bosnian, bosanski; ca Catalan, català
ce Chechen; ch Chamorro; co Corsican, corsu; cr Cree; cs Czech, čeština; cu Church Slavic; cv Chuvash
cy Welsh, Cymraeg; da Danish, dansk; de German, Deutsch; dv Divehi; dz Dzongkha; ee Ewe; el Greek; en English
eo Esperanto; es Spanish, español; et Estonian, eesti; eu Basque, euskara; fa Persian; ff Fula, Pulaar
fi Finnish, suomi; fj Fijian; fo Faroese, føroyskt; fr French, français; fy Western Frisian, Frysk
ga Irish, Gaeilge; gd Scottish Gaelic, Gàidhlig; gl Galician, galego; gn Guarani; gu Gujarati; gv Manx, Gaelg
ha Hausa; he Hebrew; hi Hindi; ho Hiri Motu; hr Croatian, hrvatski; ht Haitian Creole, Kreyòl Ayisyen
hu Hungarian, magyar; hy Armenian; hz Herero; ia Interlingua; id Indonesian, Indonesia; ie Interlingue; ig Igbo
ii Sichuan Yi; ik Inupiaq; io Ido; is Icelandic, íslenska; it Italian, italiano; iu Inuktitut; ja Japanese
jv Javanese, Jawa; ka Georgian; kg Kongo; ki Kikuyu, Gikuyu; kj Kuanyama; kk Kazakh; kl Kalaallisut; km Khmer
kn Kannada; ko Korean; kr Kanuri; ks Kashmiri; ku Kurdish, kurdî (kurmancî); kv Komi; kw Cornish, kernewek
ky Kyrgyz; la Latin, Latina; lb Luxembourgish, Lëtzebuergesch; lg Ganda, Luganda; li Limburgish
ln Lingala, lingála; lo Lao; lt Lithuanian, lietuvių; lu Luba-Katanga, Tshiluba; lv Latvian, latviešu
mg Malagasy; mh Marshallese; mi Māori; mk Macedonian; ml Malayalam; mn Mongolian; mr Marathi; ms Malay, Melayu
mt Maltese, Malti; my Burmese; na Nauru; nb Bokmål, norsk bokmål; nd North Ndebele, isiNdebele; ne Nepali
ng Ndonga; nl Dutch, Nederlands; nn Norwegian Nynorsk, norsk nynorsk; no Norwegian, norsk
nr South Ndebele, isiNdebele; nv Navajo, Diné Bizaad; ny Nyanja; oc Occitan; oj Ojibwa; om Oromo, Oromoo
or Odia; os Ossetic; pa Punjabi; pi Pali; pl Polish, polski; ps Pashto; pt Portuguese, português
qu Quechua, Runasimi; rm Romansh, rumantsch; rn Rundi, Ikirundi; ro Romanian, română; ru Russian
rw Kinyarwanda, Ikinyarwanda; sa Sanskrit; sc Sardinian, sardu; sd Sindhi; se Northern Sami, davvisámegiella
sg Sango, Sängö; sh Serbo-Croatian; si Sinhala; sk Slovak, slovenčina; sl Slovenian, slovenščina; sm Samoan
sn Shona, chiShona; so Somali, Soomaali; sq Albanian, shqip; sr Serbian; ss Swati, siSwati
st Southern Sotho, Sesotho; su Sundanese, Basa Sunda; sv Swedish, svenska; sw Swahili, Kiswahili; ta Tamil
te Telugu; tg Tajik; th Thai; ti Tigrinya; tk Turkmen, türkmen dili; tl Tagalog; tn Tswana, Setswana
to Tongan, lea fakatonga; tr Turkish, Türkçe; ts Tsonga, Xitsonga; tt Tatar; tw Twi; ty Tahitian; ug Uyghur
uk Ukrainian; ur Urdu; uz Uzbek; ve Venda; vi Vietnamese; vo Volapük; wa Walloon, walon; wo Wolof
xh Xhosa, IsiXhosa; yi Yiddish; yo Yoruba, Èdè Yorùbá; za Zhuang, Vahcuengh; zh Chinese; zu Zulu, isiZulu
"""
"""ISO 639-1, each code with the language's name in English and, where that is Latin script, in itself."""
_OTHERS = re.compile(r"[a-z]{3}")
"""ISO 639-3, as `fil` and `ckb`: for most languages there are no two letters."""


@cache
def _codes_by_name() -> dict[str, str]:
    entries = (entry.strip().partition(" ") for entry in _NAMES.replace("\n", ";").split(";") if entry.strip())
    return {name.casefold(): code for code, _, names in entries for name in (code, *names.split(", "))}


def is_language_code(text: str) -> bool:
    """Tell whether a text is a code of ISO 639-1, or has the form of one of ISO 639-3.

    >>> is_language_code("en"), is_language_code("fil"), is_language_code("xx"), is_language_code("English")
    (True, True, False, False)
    """
    return _codes_by_name().get(text) == text or _OTHERS.fullmatch(text) is not None


def nearest_code(text: str) -> str:
    """Return the code that a name, a misspelt name or a tag with a region stands for; empty where none is near.

    >>> nearest_code("English"), nearest_code("Deutsch"), nearest_code("pt-BR"), nearest_code("Espanol")
    ('en', 'de', 'pt', 'es')
    """
    codes, name = _codes_by_name(), text.strip().casefold()
    tag = re.split(r"[-_]", name)[0]
    near = [name] if name in codes else [tag] if tag in codes else get_close_matches(name, codes, 1, NEAR)
    return codes[near[0]] if near else ""
