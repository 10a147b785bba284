"""One questionnaire in each format, with most of what each can hold."""

from __future__ import annotations

from pathlib import Path

from foreign.limesurvey import Survey
from foreign.xlsform import xlsform

HERE = Path(__file__).parent


def surveyjs() -> bytes:
    return (HERE / "surveyjs.json").read_bytes()


def pogues() -> bytes:
    return (HERE / "pogues.json").read_bytes()


def limesurvey() -> bytes:
    """Every type of question, and relevance in all its forms."""
    survey = Survey()
    survey.group("Votre situation")
    services = {"A1": "Préfecture", "A2": "Sous-préfecture", "A3": "Direction"}
    survey.question("service", "L", answers=services, other="Y", mandatory="Y")
    survey.question("sexe", "G")
    survey.question("encadre", "Y")
    effectif = {"min_num_value_n": "0", "num_value_int_only": "1"}
    survey.question("effectif", "N", 'encadre.NAOK == "Y"', attributes=effectif)
    missions = {"SQ1": "Guichet", "SQ2": "Téléphone", "SQ3": "Aucune"}
    only = {"max_answers": "2", "exclude_all_others": "SQ3", "random_order": "1"}
    survey.question("missions", "M", parts=missions, attributes=only, other="Y")
    survey.question("detail", "P", parts={"a": "Un", "b": "Deux"})
    survey.question("total", "*", text="{effectif.NAOK + 1}")
    survey.group("Votre avis", "!is_empty(service.NAOK) and count(that.missions.NAOK) > 0")
    survey.question(
        "qualite",
        "F",
        parts=missions,
        answers={"1": "Non", "2": "Moyen", "3": "Oui"},
        attributes={"array_filter": "missions"},
    )
    survey.question("cinq", "A", parts={"x": "Le X", "y": "Le Y"})
    survey.question("dix", "B", parts={"x": "Le X", "y": "Le Y"})
    survey.question("evolution", "E", parts={"x": "Le X", "y": "Le Y"})
    survey.question(
        "certain", "C", parts={"x": "Le X", "y": "Le Y"}, parts_relevance={"y": 'sexe == "F"'}
    )
    survey.question("note", "5")
    survey.question("duree", "K", parts={"h": "Heures", "m": "Minutes"})
    survey.question("noms", "Q", parts={"p": "Premier", "s": "Second"})
    survey.question("grille", ":", parts={"l": "Ligne"}, columns={"c": "Colonne", "d": "Dé"})
    survey.question(
        "cases",
        ":",
        parts={"l": "Ligne"},
        columns={"c": "Colonne", "d": "Dé"},
        attributes={"multiflexible_checkbox": "1"},
    )
    survey.question("mots", ";", parts={"l": "Ligne"}, columns={"c": "Colonne"})
    survey.question(
        "double",
        "1",
        parts={"x": "Le X", "y": "Le Y"},
        answers={"1": "Non", "2": "Oui"},
        second={"a": "Peu", "b": "Bien"},
    )
    survey.question(
        "ordre",
        "R",
        answers={"h": "Horaires", "f": "Formation", "l": "Locaux"},
        attributes={"max_answers": "2"},
    )
    survey.question("jour", "D", attributes={"date_format": "dd/mm/yyyy", "date_min": "2020"})
    survey.question("court", "S", attributes={"maximum_chars": "60"})
    survey.question(
        "long",
        "T",
        'qualite_SQ1.NAOK <= 2 and missions_SQ2 == "Y"',
        text="Le service {service.shown}, pourquoi ?",
    )
    survey.question("immense", "U", "note > 3 || total.NAOK >= 11")
    survey.question("liste", "!", answers=services)
    survey.question("choix", "O", answers=services)
    survey.question("lire", "X", text="<p>Encore <em>un</em> instant</p><script>alert(1)</script>")
    survey.question("fichier", "|")
    survey.question("langue", "I")
    survey.question("cachee", "S", attributes={"hidden": "1"})
    survey.question("connu", "S", 'TOKEN:ATTRIBUTE_1 == "cadre" and cachee.NAOK == "x"')
    survey.question("jamais", "S", 'service == "A9"')
    survey.question("motif", "S", 'regexMatch("/^A[12]$/", service.NAOK)')
    survey.question("somme", "S", "effectif.NAOK * duree_h.NAOK > 3")
    survey.question("mandat", "S", "1", attributes={"em_validation_q": "strlen(self.NAOK) > 2"})
    return survey.file()


def xls() -> bytes:
    """Groups, repeats, calculations, constraints and filters."""
    lines = [
        {"type": "start", "name": "start"},
        {
            "type": "note",
            "name": "accueil",
            "label::Français (fr)": "**Bonjour** à tous",
            "label::English (en)": "Hello",
        },
        {
            "type": "begin group",
            "name": "situation",
            "label::Français (fr)": "Votre situation",
            "label::English (en)": "You",
        },
        {
            "type": "select_one service",
            "name": "service",
            "label::Français (fr)": "Votre service ?",
            "required": "yes",
        },
        {
            "type": "select_one territoire",
            "name": "territoire",
            "label::Français (fr)": "Votre territoire ?",
            "choice_filter": "service=${service}",
        },
        {
            "type": "select_multiple mission or_other",
            "name": "missions",
            "label::Français (fr)": "Vos missions ?",
            "constraint": "count-selected(.) <= 2",
        },
        {
            "type": "integer",
            "name": "effectif",
            "label::Français (fr)": "Combien ?",
            "constraint": ". >= 0 and . < 500",
        },
        {
            "type": "integer",
            "name": "cadres",
            "label::Français (fr)": "Dont cadres ?",
            "constraint": ". <= ${effectif}",
            "constraint_message::Français (fr)": "Plus de cadres que d’agents ?",
            "required": "${effectif} > 10",
        },
        {
            "type": "begin repeat",
            "name": "equipe",
            "label::Français (fr)": "Équipe",
            "relevant": "${effectif} > 0",
        },
        {"type": "text", "name": "metier", "label::Français (fr)": "Métier dans ${service} ?"},
        {"type": "end repeat"},
        {"type": "end group"},
        {"type": "calculate", "name": "part", "calculation": "${cadres} * 100"},
        {
            "type": "calculate",
            "name": "age",
            "calculation": "int((today() - ${naissance}) div 365.25)",
        },
        {"type": "date", "name": "naissance", "label::Français (fr)": "Né le ?"},
        {
            "type": "text",
            "name": "pourquoi",
            "label::Français (fr)": "Pourquoi ?",
            "relevant": "selected(${missions}, 'guichet') and not(selected(${missions}, 'autre'))",
            "appearance": "multiline",
        },
        {
            "type": "text",
            "name": "beaucoup",
            "label::Français (fr)": "Beaucoup ?",
            "relevant": "count-selected(${missions}) >= 2 or ${part} > 1000",
        },
        {
            "type": "text",
            "name": "majeur",
            "label::Français (fr)": "Majeur ?",
            "relevant": "${age} >= 18",
        },
        {
            "type": "range",
            "name": "note",
            "label::Français (fr)": "Note ?",
            "parameters": "start=0 end=10 step=1",
        },
        {"type": "rank mission", "name": "ordre", "label::Français (fr)": "Classez"},
        {"type": "acknowledge", "name": "lu", "label::Français (fr)": "J’ai lu"},
        {"type": "geopoint", "name": "lieu", "label::Français (fr)": "Où ?"},
        {
            "type": "text",
            "name": "mal",
            "label::Français (fr)": "Mal ?",
            "relevant": "${service} = 'pref' and",
        },
        {
            "type": "text",
            "name": "avant",
            "label::Français (fr)": "Avant ?",
            "relevant": "${apres} = 'x'",
        },
        {
            "type": "text",
            "name": "apres",
            "label::Français (fr)": "Après ?",
            "relevant": "${note} > 5 and string-length(${pourquoi}) > 0",
        },
    ]
    choices = [
        {
            "list_name": "service",
            "name": "pref",
            "label::Français (fr)": "Préfecture",
            "label::English (en)": "Prefecture",
        },
        {"list_name": "service", "name": "ddt", "label::Français (fr)": "DDT"},
        {"list_name": "territoire", "name": "t1", "label::Français (fr)": "Un", "service": "pref"},
        {"list_name": "territoire", "name": "t2", "label::Français (fr)": "Deux", "service": "ddt"},
        {"list_name": "mission", "name": "guichet", "label::Français (fr)": "Guichet"},
        {"list_name": "mission", "name": "autre", "label::Français (fr)": "Autre chose"},
    ]
    return xlsform(
        lines, choices, [{"form_title": "Cadre de travail", "default_language": "Français (fr)"}]
    )


SAMPLES = {"limesurvey": limesurvey, "xlsform": xls, "pogues": pogues, "surveyjs": surveyjs}
