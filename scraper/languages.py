"""The codes of languages that seed lists take, and the nearest one to what was written instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_OF_THREE = """
aa aar; ab abk; ae ave; af afr; ak aka fat; am amh; an arg; ar ara arb; as asm; av ava; ay aym ayr; az aze azj; ba bak
be bel; bg bul; bi bis; bm bam; bn ben; bo bod tib; br bre; bs bos; ca cat; ce che; ch cha; co cos; cr cre cwd
cs ces cze; cu chu; cv chv; cy cym wel; da dan; de deu ger; dv div; dz adp dzo; ee ewe; el ell gre; en eng; eo epo
es spa; et ekk est; eu baq eus; fa fas per pes; ff fuc ful; fi fin; fj fij; fo fao; fr fra fre; fy fry; ga gle; gd gla
gl glg; gn grn gug; gu guj prp; gv glv; ha hau; he heb; hi hin; ho hmo; hr hrv scr; ht hat; hu hun; hy arm hye; hz her
ia ina; id ind; ie ile; ig ibo; ii iii; ik esk ipk; io ido; is ice isl; it ita; iu ike iku; ja jpn; jv jav; ka geo kat
kg kng kon; ki kik; kj kua; kk kaz; kl kal; km khm; kn kan; ko kor; kr kau knc; ks kas; ku kmr kur; kv kom kpv; kw cor
ky kir; la lat; lb ltz; lg lug; li lim; ln lin; lo lao; lt lit; lu lub; lv lav lvs; mg mlg plt; mh mah; mi mao mri
mk mac mkd; ml mal; mn drh khk mon; mr mar; ms may msa zsm; mt mlt; my bur mya; na nau; nb nob; nd nde; ne nep npi
ng ndo; nl dut nld; nn nno; no nor; nr nbl; nv nav; ny nya; oc oci; oj ojg oji; om gaz orm; or ori ory; os oss; pa pan
pi pli; pl pol; ps pbu pus; pt por; qu que quz; rm roh; rn run; ro mol ron rum; ru rus; rw kin; sa cls san; sc src srd
sd snd; se sme; sg sag; sh hbs; si sin; sk slk slo; sl slv; sm smo; sn sna; so som; sq alb als sqi; sr scc srp; ss ssw
st sot; su sun; sv swe; sw swa swh; ta tam; te tel; tg tgk; th tha; ti tir; tk tuk; tl tgl; tn tsn; to ton; tr tur
ts tso; tt tat; tw twi; ty tah; ug uig; uk ukr; ur urd; uz uzb uzn; ve ven; vi vie; vo vol; wa wln; wo wol; xh xho
yi ydd yid; yo yor; za zha zyb; zh chi cmn zho; zu zul
"""
"""The same codes, each with those of three letters for which CLDR has it: ISO 639-2 and 639-3, and main members of a
macrolanguage, as `cmn` of `zh`. Rules and guesses know the language by two letters, so these are not taken."""
_OTHERS = re.compile(r"[a-z]{3}")
"""ISO 639-3, as `fil` and `ckb`: for most languages there are no two letters."""


@cache
def _codes_by_name() -> dict[str, str]:
    return {name.casefold(): code for code, names in _entries(_NAMES) for name in (code, *names.split(", "))}


@cache
def _codes_of_three() -> dict[str, str]:
    return {longer: code for code, others in _entries(_OF_THREE) for longer in others.split()}


def _entries(table: str) -> Iterator[tuple[str, str]]:
    for entry in table.replace("\n", ";").split(";"):
        code, _, rest = entry.strip().partition(" ")
        if code:
            yield code, rest


def is_language_code(text: str) -> bool:
    """Tell whether a text is a code of ISO 639-1, or has the form of one of ISO 639-3 for which there is none of 639-1.

    >>> [is_language_code(text) for text in ("en", "fil", "xx", "eng", "English")]
    [True, True, False, False, False]
    """
    is_other = _OTHERS.fullmatch(text) is not None and text not in _codes_of_three()
    return is_other or _codes_by_name().get(text) == text


def code_of_tag(tag: str) -> str:
    """Return the code by which a seed names the language of a tag in a page; empty where there is none.

    >>> [code_of_tag(tag) for tag in ("pt-BR", "DEU_at", "fil", "xx", "default")]
    ['pt', 'de', 'fil', '', '']
    """
    code = re.split(r"[-_]", tag.strip().lower())[0]
    code = _codes_of_three().get(code, code)
    return code if is_language_code(code) else ""


def nearest_code(text: str) -> str:
    """Return the code that a name, a misspelt name or a tag with a region stands for; empty where none is near.

    >>> [nearest_code(text) for text in ("English", "Deutsch", "pt-BR", "Espanol", "deu", "ger-AT")]
    ['en', 'de', 'pt', 'es', 'de', 'de']
    """
    codes, name = _codes_by_name(), text.strip().casefold()
    tag = re.split(r"[-_]", name)[0]
    tag = _codes_of_three().get(tag, tag)
    near = [name] if name in codes else [tag] if tag in codes else get_close_matches(name, codes, 1, NEAR)
    return codes[near[0]] if near else ""
