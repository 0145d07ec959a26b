"""Plans of those of the 58 that the generator makes. Each can be finished, and its barriers hold, as tests check."""

from windup.leveling.generate import Plan
from windup.leveling.level_file import ZONES

VALIDATION = {
    "Playroom": (4,),
    "BlockCity": (5,),
    "TrainYard": (6,),
    "Clockwork": (3,),
    "Garden": (8,),
    "Bathtub": (2, 9),
    "Attic": (1, 2, 3, 4),
}
"""Acts that are not trained on."""

_BARRIERS = {
    3: ("switch-behind",),
    5: ("run-up",),
    6: ("switch-above",),
    8: ("spring-behind",),
    9: ("switch-behind", "run-up"),
}
_ATTIC_BARRIERS = {3: ("spring-behind", "switch-above"), 4: ("run-up", "switch-behind")}
_SEEDS = {"Bathtub.Act8": 2, "Garden.Act8": 2}
"""Seeds of levels for which 1, that of all others, gives a barrier over which a steep hill throws a fast player."""
_LEAST_WIDTH, _MORE_EACH_ACT = 190, 45


def _plan(zone: str, act: int) -> Plan:
    attic = zone == "Attic"
    return Plan(
        name=f"{zone}.Act{act}",
        zone=zone,
        act=act,
        split="validation" if act in VALIDATION[zone] else "train",
        width=_LEAST_WIDTH + _MORE_EACH_ACT * (act + 3 * attic),
        barriers=(_ATTIC_BARRIERS if attic else _BARRIERS).get(act, ()),
        seed=_SEEDS.get(f"{zone}.Act{act}", 1),
    )


# The first act of each zone is made by hand.
PLANS = [_plan(zone, act) for zone, acts in ZONES.items() for act in range(2, acts + 1)]
