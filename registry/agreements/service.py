"""The agreement that the registry starts from, registered once.

Source: Överenskommelse mellan Ludvika kommun och Region Dalarna 2019-2022.
"""

from datetime import date

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.tables import Agreement, PriorityArea
from registry.trail import recording

AREAS = (
    ("performing_arts", "Scenkonst och arrangörskap", "Esittävä taide ja tapahtumanjärjestäminen",
     "Performing arts and promoters"),
    ("creators_public_art", "Kulturskapare och offentlig konst", "Kulttuurintekijät ja julkinen taide",
     "Cultural creators and public art"),
    ("civil_society_study_associations", "Civilsamhälle och studieförbund", "Kansalaisyhteiskunta ja opintoliitot",
     "Civil society and study associations"),
    ("creative_school", "Skapande skola", "Luova koulu", "Creative school"),
    ("pupil_culture_reps", "Elevkulturombud", "Oppilaiden kulttuuriedustajat", "Pupils' culture representatives"),
    ("youth", "Unga", "Nuoret", "Young people"),
    ("elderly", "Äldre", "Ikääntyneet", "Older people"),
    ("national_minorities", "Nationella minoriteter och finska", "Kansalliset vähemmistöt ja suomi",
     "National minorities and Finnish"),
    ("libraries", "Bibliotek", "Kirjastot", "Libraries"),
    ("literature_poetry", "Litteratur och poesi", "Kirjallisuus ja runous", "Literature and poetry"),
    ("heritage_ekomuseum", "Kulturarv och Ekomuseum", "Kulttuuriperintö ja Ekomuseum", "Heritage and Ekomuseum"),
)  # fmt: skip
"""Code and title in Swedish (authoritative), Finnish and English."""


async def ensure_agreement() -> None:
    """Register the agreement of 2019-2022 and its eleven areas in a registry that has none."""
    if await fetch_value("SELECT count(*) FROM agreement"):
        return
    async with recording(CONSOLE) as unit:
        if await fetch_value("SELECT count(*) FROM agreement"):
            return
        entry = unit.enter("agreements:agreement:register")
        agreement_id = await unit.insert(
            entry,
            Agreement,
            title="Överenskommelse mellan Ludvika kommun och Region Dalarna 2019-2022",
            period_from=date(2019, 1, 1),
            period_to=date(2022, 12, 31),
            source="ludvika.se, regiondalarna.se",
        )
        for position, (code, swedish, finnish, english) in enumerate(AREAS, start=1):
            await unit.insert(
                entry,
                PriorityArea,
                agreement_id=agreement_id,
                code=code,
                position=position,
                title_sv=swedish,
                title_fi=finnish,
                title_en=english,
            )
