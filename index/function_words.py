"""Words of questions that say what kind of answer is wanted, never what it is about, by alphabets."""

import re

ENGLISH = """
    a about above after again all also am an and any are as at be because been before being below between both
    but by can could did do does doing done down during each either else ever every few for from further get
    give given had has have having he her here hers herself him himself his how i if in into is it its itself
    just let may me might more most much must my myself no nor not of off often on once one only or other
    ought our ours out over own per please s same shall she should so some such t tell than that the their
    theirs them themselves then there these they this those through to too under until up upon us very was we
    were what whatever when where whether which while who whom whose why will with within without would you
    your yours yourself
"""
RUSSIAN = """
    а без был была были было быть в вам вас весь во вот все всего всех вы где да для до его ее если есть еще
    же за и из или им их к как какая какие каким каких какой какого какое какую когда кого ком кому которая
    которые который которого которой которую кто куда ли мне может можно мы на над нам нас не него нее ней нет
    ни них но ну о об один одна однако он она они оно от откуда очень по под почему при про с сам сколько со
    так также такие такой там те тем то того тоже той только том тот тогда ты у уже чего чей чем через что
    чтобы эта эти это этого этой этом этот эту я
"""
ARABIC = """
    ما ماذا من متى أين اين كيف كم لماذا لم هل أي أية اي في على إلى الى عن مع هو هي هم هن هذا هذه ذلك تلك هؤلاء
    الذي التي الذين اللاتي كان كانت كانوا يكون تكون قد لقد أن إن ان أو او ثم لا ليس ليست كل بعض غير عند عندما
    بعد قبل بين حتى إذا اذا منذ لدى به بها له لها لهم فيه فيها عليه عليها منه منها إليه إليها وهو وهي وما ومن
    وكان وكانت التى بأن لأن كما مما عما فيما بما نحن أنا أنت أنتم يتم تم
"""
UNSPACED = re.compile(
    "为什么|是什么|叫什么|什么时候|什麼|什么|怎么样|怎么|怎樣|怎样|如何|哪一个|哪一|哪些|哪里|哪儿|哪個|哪个|哪|"
    "谁|誰|多少|几个|几|幾|是否|"
    "[的了吗嗎呢吧是在与與和及被把]|"
    "どのように|どのような|どの|どこ|だれ|いつ|なぜ|なに|何|ですか|ますか|でしたか|ましたか|[はがをにのとでもへや]"
)
"""The same in Chinese and Japanese, which do not part words."""
