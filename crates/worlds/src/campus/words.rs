//! Words that names are made of: two of them make some forty thousand domains that read like names people choose, which is
//! what detectors of invented names must be quiet about.

/// What comes first.
pub(super) const FIRST: &str = "amber ancient apple arctic ashen autumn azure bamboo barley basalt beech birch bitter blue bold \
brass brave breezy bright brisk bronze brown calm candle cedar cheerful cherry chestnut chilly clear clever cloudy clover cobalt copper \
coral cosy cotton crimson crystal curious daily dapper dark dawn deep dusty eager early earnest eastern ebony elder elm emerald \
evening fair famous fern fine first flint floral fluent foggy forest fresh friendly frosty gentle ginger glad glass golden \
granite grassy green grey happy harbour hazel heather hidden hollow honest honey humble indigo inland iris iron island ivory ivy jade \
jasper jolly juniper kind lantern larch lasting lavender lemon level light lilac lime linen lively lone lotus lucky lunar lush \
maple marble marine meadow mellow merry mild mint misty modern morning mossy mountain narrow native neat new noble northern nutmeg \
oaken ocean olive onyx open orange orchard outer oval paper pastel patient peach pearl pebble pepper perfect pine plain plum polar \
polite poplar prairie proud purple quiet rainy rapid ready red reed regal river roaming rosy round royal ruby russet rustic saffron \
sage salty sandy sapphire scarlet sea second secret serene shady sharp shiny silent silver simple sleepy slow smooth snowy soft \
solar sonic southern spring spruce stable starry steady steel still stone stormy summer sunny super sure swift tall tame tawny teal tender \
third thrifty tidal tidy timber tiny topaz tranquil true tulip turquoise twin upper urban valley velvet vernal violet vivid walnut \
warm wandering watchful western wheat white whole wide wild willow windy winter wise wooden young zesty";

/// What comes behind it.
pub(super) const SECOND: &str = "acorn airport alley anchor anvil archive arrow atlas avenue badger bakery balloon banner barn basin \
basket bay beach beacon bear bell bench bicycle bird boat bookshop border bottle boulder bower branch breeze brewery brick bridge brook brush \
bucket builder bureau button cabin cable camera camp canal canvas canyon captain carpet castle cellar chair chapel chart circle clinic cloak \
clock cloud coast college column compass corner cottage council courier cove crane creek crossing crow dairy dale deer delta desk diary dock \
dolphin dove dragon drum dune eagle editor engine factory falcon farm feather fence ferry festival field finch finder fisher flag \
flock flower forge fountain fox frame gallery garage garden gate gazette glacier glade globe goose grove guild gull hall hammer \
harbor hare harvest hawk hearth hedge heron hill hive holiday horizon horse hotel house hunter inn island jacket journal journey \
kettle kitchen kite ladder lagoon lake lamp lark lawn leaf ledger lens library lighthouse lily line lion loft lodge loom lynx \
magazine magnet mantle market mason maze mill mirror moon moor moth museum nest needle network notebook oasis office orchid otter outpost \
owl palace panda parade park parlor parcel path pavilion pelican pencil piano picnic pilot pillar planet plaza pocket pond port post pottery \
press quarry quill rabbit radio railway rain ranch raven record reef ridge ring road robin rocket room root rose sail salon school \
seal shelf shell ship shop shore signal sky sparrow spring square stage stable star station stream street studio stork summit swan \
table tailor tavern teapot temple terrace theatre thicket ticket tiger timber tower town trail train travel tree trumpet tunnel turtle \
vale valley van vault venture viewer village vine violin voyage wagon walk wall water wave weather well whale wheel willow window \
wing wolf wood workshop world wren yard zebra";

/// Hosts within a domain, as people name them.
pub(super) const HOSTS: &[&str] = &["www", "www", "www", "", "api", "static", "cdn", "img", "login", "app", "media", "news", "shop", "m"];

/// People's names, for mail.
pub(super) const PEOPLE: &[&str] = &[
    "aoi", "haru", "sora", "yuki", "nagi", "ren", "mei", "rin", "kaito", "hina", "emma", "noah", "lena", "paul", "ida", "anna", "jonas",
    "clara", "hugo", "alice", "oscar", "nora", "felix", "maria", "lucas", "sofia", "adam", "eva", "theo", "julia",
];
