"""The words by which instructions are told from reports: general words of making, of measuring and of ordering, in
English and French, without accents. No substance, part or method is named here, and none may be.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs of making that ordinary reports hardly use as instructions.
_MAKING_ENGLISH: Final = _words(
    "assemble blend combine crush dissolve fasten glue grind insert knead knot melt mix pour press screw shake sieve "
    "soak stir thread tighten wind wrap"
)
# Those that reports use as well: two of them weigh as much as one of the others.
_HANDLING_ENGLISH: Final = _words(
    "add adjust attach bend build close connect construct cook cool cover cut drain dry fill fit fix heat join "
    "link lock "
    "make manufacture measure pack place prepare produce push put repeat replace seal set slide spread take tie "
    "use warm"
)
_DONE_ENGLISH: Final = _words(
    "assembled attached blended combined connected crushed dissolved fastened filled glued ground heated inserted "
    "joined kneaded knotted melted mixed poured prepared pressed screwed shaken sieved soaked stirred threaded "
    "tightened "
    "wound wrapped"
)
# French verbs by their infinitives; the imperative and the second person follow from them.
_MAKING_FRENCH: Final = _words(
    "assembler broyer coller dissoudre enrouler fixer inserer malaxer melanger nouer petrir presser remuer secouer "
    "serrer tamiser tasser tremper verser visser"
)
_HANDLING_FRENCH: Final = _words(
    "ajouter attacher boucher brancher chauffer connecter construire couper ecraser emballer etaler fabriquer fermer "
    "fondre glisser joindre lier mesurer mettre monter placer plier poser pousser prendre preparer relier remplir "
    "repeter secher utiliser"
)
_DONE_FRENCH: Final = _words(
    "assemblee assemblees assembles broyee broyees broyes collee collees colles dissoute dissoutes enroulee enroules "
    "fixee fixees fixes inseree inserees inseres melangee melangees nouee nouees noues pressee pressees presses "
    "reliee reliees relies vissee vissees visses"
)
# The same of one thing, which look like other words: only after a form of "to be".
DONE_AFTER_BEING: Final = _words(
    "assemble broye colle dissous enroule fixe insere melange noue presse prepare relie rempli serre tasse verse visse"
)
BEING: Final = _words("be is are etre est sont soit soient")
MUST: Final = _words("must should has have to then doit doivent peut ensuite")
# What a rule cannot make: imperatives, and forms of the second person.
_IRREGULAR_FRENCH: Final = {
    "broyer": _words("broies"),
    "construire": _words("construisez construis"),
    "dissoudre": _words("dissolvez dissous"),
    "fondre": _words("fondez"),
    "joindre": _words("joignez joins"),
    "mettre": _words("mettez"),
    "prendre": _words("prenez prends"),
    "remplir": _words("remplissez remplis"),
}


def _forms(infinitives: frozenset[str]) -> dict[str, str]:
    """Each form with its infinitive."""
    forms = {}
    for verb in sorted(infinitives):
        regular = {verb[:-1] + "z", verb[:-1] + "s"} if verb.endswith("er") else set()
        for form in {verb} | regular | _IRREGULAR_FRENCH.get(verb, frozenset()):
            forms[form] = verb
    return forms


MAKING: Final = {verb: verb for verb in sorted(_MAKING_ENGLISH)} | _forms(_MAKING_FRENCH)
HANDLING: Final = {verb: verb for verb in sorted(_HANDLING_ENGLISH)} | _forms(_HANDLING_FRENCH)
DONE: Final = _DONE_ENGLISH | _DONE_FRENCH

# Before a verb that tells someone to do something stands nothing, the end of a clause, or one of these.
LEADS: Final = _words(
    "and then first second next now finally to you u they we can please just "
    "et puis ensuite enfin d abord de a pour tu vous on il faut le la les l ou peux pouvez bien"
)
# Between a verb and what it is done to.
SKIPPED: Final = _words(
    "the a an some more one two three four five six both each every half all of with up out in down it's its your "
    "own this "
    "that these those small large big left right first second other new dry wet left another same equal rest "
    "le la les l un une des de d du deux trois quatre cinq six avec au aux chaque moitie tout toute votre propre "
    "ton ta tes "
    "ce cette ces petit petite grand grande reste autre meme back bien doucement d abord slowly firmly carefully"
)
# What follows names what the thing is joined to.
JOINS: Final = _words(
    "to into onto inside with over between around on through at "
    "a au aux dans sur avec entre autour au dessus sous de du d"
)
# The thing stands before the verb.
BEFORE_INFINITIVES: Final = _words("le la les l en")
# A clause ends here: what follows is not what the verb is about.
ENDS: Final = _words(
    "at from by until before after while when where if because so and or then "
    "jusqu avant apres pendant quand ou si car et puis ensuite par sur sous entre vers"
)

# Units of mass and volume, and of what is measured by hand.
AMOUNTS: Final = _words(
    "g gr gram grams gramme grammes kg kilo kilos kilogram kilograms kilogrammes mg ml cl dl l litre litres liter "
    "liters "
    "cup cups spoon spoons spoonful spoonfuls teaspoon tablespoon pinch drop drops dose doses "
    "tasse tasses cuillere cuilleres cuilleree cuillerees pincee goutte gouttes mesure mesures"
)
# Words of reports too: they count with `of` alone.
SHARES: Final = _words("part parts measure measures m cm mm metre metres meter meters piece pieces part parts")
OF: Final = _words("of de d du")
# Numbers in words, before a unit.
NUMBERS: Final = _words(
    "a one two three four five six ten half few some un une deux trois quatre cinq six dix demi quelques"
)

# How instructions are headed, as words that follow each other.
HEADINGS: Final = (
    *("how it is made", "how it s made", "how to make", "how to build", "how to assemble", "how they make"),
    *("how they build", "easy to build", "easy to make", "to make one", "to build one", "build it like"),
    *("make it like", "build your own", "make your own", "you will need", "put together", "tutorial"),
    *("diy", "as shown", "like so :", "like this :"),
    *("construction :", "manufacture :", "instructions :", "method :", "preparation :", "guide :", "assembly :"),
    *("is made from", "is prepared from"),
    *("comment c est fait", "comment le fabriquer", "comment la fabriquer", "comment fabriquer"),
    *("comment construire", "facile a fabriquer", "pour en fabriquer", "pour le fabriquer", "comme ceci"),
    *("tutoriel", "comme sur le", "mode d emploi", "assemblage :", "fabrication :"),
    *("methode :", "est fait de"),
)
HEADINGS_OF_LISTS: Final = (
    *("parts list", "list of parts", "what you need", "ingredients", "materials :", "materials needed", "consists of"),
    *("like so", "liste des pieces", "liste de pieces", "il vous faut", "il te faut", "materiel :", "se compose d"),
)
# Words of reports too: the takings of a market, the diagram of a cordon.
PLANS: Final = (
    *("recipe", "diagram", "drawing", "formula", "as in the", "you need"),
    *("recette", "schema", "dessin", "il faut"),
)
OWN: Final = ("your own", "yourself", "votre propre", "ton propre", "toi meme", "vous meme")
RATIOS: Final = (
    *("ratio", "proportion", "proportions", "equal parts", "equal amount", "equal amounts", "same quantity", "to 1"),
    *("parts egales", "pour une part", "pour 1"),
)
NUMBERED: Final = frozenset({"step", "etape"})

# What is measured, moved, filled or joined in ordinary reports. In the singular.
ORDINARY: Final = _words(
    # goods
    "rice oil water fuel diesel petrol gasoline flour sugar salt maize bean beans wheat food milk tea bread "
    "cement sand "
    "gravel stone earth soil wood paint aid relief kit blanket bucket tent medicine ration cargo load dust fertiliser "
    "riz huile eau carburant gasoil essence farine sucre sel mais haricot ble nourriture lait pain ciment sable "
    "gravier "
    "pierre terre bois peinture engrais couverture seau tente medicament vivre cargaison charge poussiere "
    # people
    "people person family families civilian soldier police army team crew patrol convoy unit driver child children "
    "elder farmer villager witness officer commander staff public pupil woman women man men partner colleague liaison "
    "gens personne famille civil soldat policier armee equipe equipage patrouille convoi unite chauffeur enfant ancien "
    "paysan villageois temoin officier commandant personnel eleve femme homme partenaire collegue public garde "
    # places and ways
    "road route track bridge culvert village town market school clinic hospital house gate checkpoint camp base well "
    "field river junction lane path crater hole door window floor area zone place site position north south east west "
    "northern southern eastern western side edge verge bypass detour entrance exit turn left right street fence wall "
    "piste pont dalot marche ecole dispensaire hopital maison portail carrefour puits champ riviere couloir sentier "
    "cratere porte fenetre etage lieu secteur nord sud est ouest cote bord deviation entree sortie rue cloture mur "
    # vehicles
    "vehicle car truck bus lorry motorbike bicycle ambulance helicopter aircraft drone robot engine trailer tyre wheel "
    "seat belt light vehicule voiture camion moto velo helicoptere avion moteur remorque pneu roue siege ceinture feu "
    # what is done about a hazard
    "cordon marker marking tape sign flag warning evacuation search clearance detector sandbag barrier guard post "
    "balise balisage ruban panneau drapeau alerte fouille depollution detecteur sac barriere poste "
    # people hurt, and help for them
    "casualty casualties injured wounded dead body bodies victim ambulance stretcher fire smoke debris rubble wreck "
    "blesse mort victime corps brancard incendie feu fumee debris decombre epave "
    # the report itself
    "report photo picture record file note list number name date time contact call message channel frequency radio "
    "phone email grid map sketch incident information detail form page measure action care cover shelter distance "
    "rapport image dossier fiche liste numero nom heure appel canal frequence telephone courriel grille carte croquis "
    "explosion information detail formulaire mesure soin abri distance place fin point contact compte "
    "meter metre kilometre kilometer km minute hour day week priority step stop lead leave advantage part "
    "minute heure jour semaine priorite etape depart pause partie"
)
