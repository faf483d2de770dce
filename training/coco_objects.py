"""The 80 objects of COCO (Lin et al., 2014), and the words by which captions name them.

The words are this project's own choice. A word stands where most captions that use it mean the
object; two objects that people call alike (a desk and a table, a computer and a laptop) are one
here, so that a choice of words is not taken for a wrong object.
"""

import re
from collections.abc import Iterator

from training.ptb import tokenise

_PEOPLE = (
    "person, people, man, men, woman, women, boy, girl, child, children, kid, baby, toddler, "
    "infant, teenager, teen, youngster, guy, lady, gentleman, gentlemen, male, female, adult, "
    "human, couple, crowd, family, someone, pedestrian, passenger, player, athlete, batter, "
    "catcher, umpire, referee, goalie, skier, snowboarder, skateboarder, skater, surfer, swimmer, "
    "diver, runner, jogger, hiker, climber, cyclist, bicyclist, biker, motorcyclist, rider, "
    "jockey, cowboy, driver, pilot, worker, waiter, waitress, chef, policeman, policemen, "
    "policewoman, officer, soldier, fireman, firemen, firefighter, fisherman, fishermen, student, "
    "teacher, musician, guitarist, singer, dancer, performer, bride, groom, businessman, "
    "businessmen, mother, father, mom, dad, parent, son, daughter, brother, sister, grandmother, "
    "grandfather, friend, tourist, spectator, vendor, farmer, doctor, nurse, tennis player, "
    "baseball player, soccer player"
)

_NAMES = {
    "person": _PEOPLE,
    "bicycle": "bicycle, bike, tricycle, unicycle, mountain bike",
    "car": (
        "car, automobile, taxi, cab, van, minivan, suv, sedan, jeep, limousine, limo, convertible, "
        "hatchback, station wagon, race car, police car, sports car"
    ),
    "motorcycle": (
        "motorcycle, motorbike, motor bike, motor cycle, moped, scooter, dirt bike, dirtbike, vespa"
    ),
    "airplane": (
        "airplane, aeroplane, plane, jet, aircraft, airliner, jetliner, biplane, seaplane, jumbo "
        "jet, fighter jet"
    ),
    "bus": "bus, minibus, double decker, school bus, tour bus",
    "train": (
        "train, locomotive, tram, streetcar, street car, train car, steam engine, subway train"
    ),
    "truck": (
        "truck, pickup, pick up truck, lorry, lorries, firetruck, fire truck, fire engine, dump "
        "truck, tow truck, semi trailer, tractor trailer, big rig"
    ),
    "boat": (
        "boat, ship, canoe, kayak, raft, ferry, yacht, sailboat, dinghy, rowboat, motorboat, "
        "speedboat, tugboat, fishing boat, barge, catamaran, gondola, vessel, cruise liner"
    ),
    "traffic light": "traffic light, traffic signal, stoplight, stop light",
    "fire hydrant": "fire hydrant, hydrant, fireplug",
    "stop sign": "stop sign",
    "parking meter": "parking meter",
    "bench": "bench, park bench",
    "bird": (
        "bird, duck, duckling, goose, geese, swan, gull, seagull, pigeon, dove, parrot, macaw, "
        "cockatoo, parakeet, owl, eagle, hawk, falcon, vulture, crow, raven, magpie, sparrow, "
        "robin, finch, heron, egret, stork, flamingo, pelican, penguin, ostrich, peacock, rooster, "
        "hen, hummingbird, woodpecker"
    ),
    "cat": "cat, kitten, kitty, tabby, feline",
    "dog": (
        "dog, doggy, doggie, pup, puppy, canine, hound, terrier, poodle, retriever, labrador, "
        "dachshund, chihuahua, bulldog, collie, greyhound, husky, huskies, spaniel, beagle, "
        "dalmatian, rottweiler, doberman, pug, sheepdog, sheep dog, german shepherd"
    ),
    "horse": "horse, pony, foal, stallion, mare, colt, racehorse",
    "sheep": "sheep, lamb, ewe",
    "cow": "cow, cattle, bull, calf, calves, ox, oxen, heifer, longhorn",
    "elephant": "elephant",
    "bear": "bear, polar bear, grizzly, bear cub",
    "zebra": "zebra",
    "giraffe": "giraffe",
    "backpack": "backpack, back pack, knapsack, rucksack, book bag",
    "umbrella": "umbrella, parasol",
    "handbag": "handbag, hand bag, purse, tote bag, shoulder bag",
    "tie": "tie, necktie, bow tie, bowtie",
    "suitcase": "suitcase, luggage, baggage, briefcase",
    "frisbee": "frisbee, flying disc, flying disk",
    # "Ski" alone is mostly a verb, or says what a slope, a lift or a jacket is for.
    "skis": "skis, pair of ski",
    "snowboard": "snowboard, snow board",
    "sports ball": (
        "ball, tennis ball, soccer ball, beach ball, volley ball, bowling ball, golf ball"
    ),
    "kite": "kite",
    "baseball bat": "baseball bat, bat",
    # "Gloves" are mostly what keeps hands warm.
    "baseball glove": "baseball glove, baseball mitt, catcher 's mitt, catchers mitt, mitt",
    "skateboard": "skateboard, skate board, longboard",
    "surfboard": "surfboard, surf board, boogie board, bodyboard",
    "tennis racket": "tennis racket, tennis racquet, racket, racquet",
    "bottle": "bottle",
    "wine glass": (
        "wine glass, wineglass, goblet, champagne glass, champagne flute, glass of wine, glasses "
        "of wine, glass of red wine, glass of white wine"
    ),
    "cup": "cup, mug, teacup, coffee cup",
    "fork": "fork",
    "knife": "knife, knives",
    "spoon": "spoon",
    "bowl": "bowl",
    "banana": "banana",
    "apple": "apple",
    "sandwich": (
        "sandwich, hamburger, burger, cheeseburger, panini, submarine sandwich, sub sandwich"
    ),
    # "Orange" alone is mostly the colour.
    "orange": (
        "oranges, orange slice, orange half, orange halves, orange fruit, sliced orange, peeled "
        "orange, bowl of orange"
    ),
    "broccoli": "broccoli",
    "carrot": "carrot",
    "hot dog": "hot dog, hotdog, chili dog, corn dog",
    "pizza": "pizza",
    "donut": "donut, doughnut",
    "cake": "cake, cupcake, cheesecake, carrot cake, birthday cake, wedding cake",
    "chair": "chair, armchair, arm chair, stool, recliner, rocking chair, lawn chair, deck chair",
    "couch": "couch, sofa, loveseat, love seat, settee, futon",
    "potted plant": (
        "potted plant, potted flower, potted tree, houseplant, house plant, flowerpot, flower pot, "
        "planter"
    ),
    "bed": "bed, bunk bed, crib, cot",
    "dining table": (
        "table, dining table, dinner table, kitchen table, coffee table, picnic table, desk"
    ),
    "toilet": "toilet, commode, urinal, toilet seat, toilet bowl",
    "tv": (
        "tv, television, telly, tv set, tv screen, television screen, flat screen, monitor, "
        "computer monitor, computer screen"
    ),
    "laptop": "laptop, computer, notebook computer, laptop computer, desktop computer, macbook",
    "mouse": "mouse, mice, computer mouse, computer mice",
    "remote": "remote, remote control, remote controller, wii remote, wiimote",
    "keyboard": "keyboard, computer keyboard",
    "cell phone": (
        "phone, cellphone, cell phone, mobile phone, smartphone, smart phone, telephone, iphone"
    ),
    "microwave": "microwave, microwave oven",
    "oven": "oven, stove, stovetop, stove top, toaster oven, cooker",
    "toaster": "toaster",
    "sink": "sink, washbasin, wash basin",
    "refrigerator": "refrigerator, fridge, freezer",
    "book": "book, textbook, storybook, comic book, novel",
    "clock": "clock, clock tower, alarm clock",
    "vase": "vase",
    "scissors": "scissors, shears",
    "teddy bear": "teddy bear, teddy, stuffed bear, stuffed animal, stuffed toy, toy bear",
    "hair drier": "hair drier, hair dryer, hairdryer, hairdrier, blow dryer, blow drier, blowdryer",
    "toothbrush": "toothbrush, tooth brush",
}

OBJECTS = tuple(_NAMES)
"""COCO's names of its objects, in COCO's order."""

_OTHER_THINGS = (
    "train track, train station, train platform, train yard, train bridge, bus stop, bus station, "
    "bus shelter, car park, car wash, car seat, cable car, go cart, jet ski, boat house, boat "
    "dock, cat tail, dog house, dog park, dog food, dog sled, dog tag, horse shoe, cow bell, bird "
    "house, bird cage, bird feeder, chair lift, table tennis, table cloth, table top, flower bed, "
    "truck bed, bed of truck, bed spread, toilet paper, phone booth, phone book, book shelf, book "
    "case, book store, ball field, ball game, ball park, ball room, couple of, pair of glass, "
    "remote area, remote location, remote road, pizza place, pizza shop, pizza parlor, bottle cap, "
    "apple tree, banana tree, orange tree, clock face, knife block, bike path, bike lane, bike "
    "rack, bike trail, boat ramp, tie dye, bear skin"
)
"""Names that begin with an object's name and mean something else."""

_AGES_AND_SEXES = ("baby", "infant", "adult", "male", "female")
_ANIMALS = (
    "bird, duck, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, animal, goat, deer, "
    "monkey, pig"
)


def objects_in(caption: str) -> set[str]:
    """Which of `OBJECTS` a caption names.

    Of names that begin at one word the longest counts: a hot dog is no dog.
    """
    words = " ".join(tokenise(caption)).replace("-", " ").split()
    found: set[str] = set()
    start = 0
    while start < len(words):
        for length in range(min(_LONGEST, len(words) - start), 0, -1):
            phrase = tuple(words[start : start + length])
            if phrase in _OBJECT_OF:
                found.add(_OBJECT_OF[phrase])
                start += length
                break
        else:
            start += 1
    found.discard("")
    return found


def _forms(names: str) -> Iterator[tuple[str, ...]]:
    """The words of each name in a list, and of its plural."""
    for name in names.split(", "):
        *first, last = name.split()
        yield (*first, last)
        yield (*first, _plural(last))


def _plural(noun: str) -> str:
    """The regular plural; a noun that has another is listed with it."""
    if re.search("(s|x|z|ch|sh)$", noun):
        return noun + "es"
    if re.search("[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + "s"


def _table() -> dict[tuple[str, ...], str]:
    """Every name's object; of those that mean nothing here, an empty text."""
    table = dict.fromkeys(_forms(_OTHER_THINGS), "")
    table |= {words: thing for thing, names in _NAMES.items() for words in _forms(names)}
    for animal in _forms(_ANIMALS):
        # A baby elephant is no baby.
        table |= {(age, *animal): table.get(animal, "") for age in _AGES_AND_SEXES}
    return table


_OBJECT_OF = _table()
_LONGEST = max(map(len, _OBJECT_OF))
