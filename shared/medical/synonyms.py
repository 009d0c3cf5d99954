"""Words that mean the same thing of a kind, whatever the school. What is alike and not the same is not in here."""

from collections.abc import Mapping

_DEGREES = (
    ("High", "Severe"),
    ("Medium", "Moderate"),
    ("Low", "Mild"),
)
_INJECTORS = (
    "Auto-injector",
    "Autoinjector",
    "Adrenaline auto-injector",
    "Adrenaline autoinjector",
    "Epinephrine auto-injector",
    "EpiPen",
    "Epi-pen",
    "Anapen",
)

SYNONYMS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "condition": (
        ("Anaphylaxis", "Severe allergy", "Severe allergic reaction", "Anaphylactic", "Anaphylactic reaction"),
        ("Asthma", "Asthmatic"),
        ("Epilepsy", "Epileptic", "Seizure disorder"),
        ("Diabetes Type 1", "Type 1 diabetes", "Diabetes (Type 1)", "T1D", "T1DM", "Diabetes Type I", "Type I diabetes"),
        ("Diabetes Type 2", "Type 2 diabetes", "Diabetes (Type 2)", "T2D", "T2DM", "Diabetes Type II", "Type II diabetes"),
        ("Allergy", "Allergic reaction"),
        ("Hay fever", "Hayfever", "Allergic rhinitis"),
        ("Migraine", "Migraine headache"),
        ("Coeliac disease", "Celiac disease", "Coeliac", "Celiac"),
        ("ADHD", "Attention deficit hyperactivity disorder"),
        ("Autism", "Autism spectrum disorder", "ASD", "Autistic"),
        ("Heart condition", "Cardiac condition"),
    ),
    "severity": _DEGREES,
    "asthma_category": _DEGREES,
    "allergy": (
        ("Peanut", "Groundnut", "Peanut allergy"),
        ("Tree nut", "Tree nut allergy"),
        ("Nut", "Nut allergy"),
        ("Egg", "Egg allergy"),
        ("Penicillin", "Penicillin allergy"),
        ("Milk", "Dairy", "Cow's milk", "Milk allergy", "Dairy allergy"),
        ("Bee sting", "Bee", "Bee allergy", "Bee venom"),
        ("Pollen", "Grass pollen", "Pollen allergy"),
        ("Sesame", "Sesame seed", "Sesame allergy"),
        ("Soy", "Soya", "Soybean", "Soy allergy"),
        ("Shellfish", "Crustacean", "Shellfish allergy"),
    ),
    "immunisation": (
        ("MMR", "Measles, mumps, rubella", "Measles mumps and rubella"),
        ("DTP", "DTPa", "Diphtheria, tetanus, pertussis", "Diphtheria, tetanus and whooping cough"),
        ("HPV", "Human papillomavirus", "Gardasil"),
        ("Varicella", "Chickenpox", "Chicken pox"),
        ("Influenza", "Flu"),
        ("Polio", "Poliomyelitis", "IPV"),
        ("Hepatitis B", "Hep B"),
        ("Hepatitis A", "Hep A"),
    ),
    "medication_type": (
        ("Inhaler", "Puffer"),
        _INJECTORS,
        ("Tablet", "Pill"),
    ),
    "equipment": (
        _INJECTORS,
        ("Auto-injector kit", "EpiPen kit"),
        ("Glucose meter", "Blood glucose meter", "Glucometer"),
    ),
    "relationship": (
        ("Mother", "Mum", "Mom"),
        ("Father", "Dad"),
        ("Grandmother", "Grand mother", "Grandma"),
        ("Grandfather", "Grand father", "Grandpa"),
        ("Stepmother", "Step mother", "Step-mother"),
        ("Stepfather", "Step father", "Step-father"),
    ),
}
