"""Words that people read differently, with their harmless uses left out by look-around.

No word counts with a hyphen on either side: "fast-forward" and "thread-safe" are technical terms.
"""

from __future__ import annotations

import re


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ADVERBS = (
    "easily|simply|intuitively|robustly|efficiently|flexibly|appropriately|adequately|suitably|reasonably|sufficiently|"
    "nicely|properly|correctly|gracefully|seamlessly|smoothly|optimally|sensibly|meaningfully|reliably|conveniently|"
    "elegantly|transparently|cleanly|securely"
)
_ADJECTIVES = (
    "easy|simple|intuitive|user[- ]friendly|robust|efficient|flexible|appropriate|adequate|suitable|reasonable|nice|"
    "seamless|smooth|optimal|sensible|meaningful|reliable|convenient|elegant|modern|state[- ]of[- ]the[- ]art|scalable|"
    "performant|responsive|comprehensive|good enough|well[- ]designed|high[- ]quality|best practices?|beautiful|"
    "attractive|pleasant|lightweight|powerful|proper|decent|acceptable"
)
VAGUE: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    (_words(rf"(?<![-\w])(?:{_ADVERBS})(?![-\w])"), "Say what happens, so that two people see the same.", False),
    (_words(rf"(?<![-\w])(?:{_ADJECTIVES})(?![-\w])"), "Name the property that one can look at or measure.", False),
    (
        _words(r"(?<![-\w])(?:sufficient(?! funds| balance| permissions?| rights| privileges| stock| space| memory)|"
             r"minimal|secure(?! cookies?| flag| attribute| contexts?| random| connections?| hash)|"
             r"user experience)(?![-\w])"),
        "Name the property that one can look at or measure.",
        False,
    ),
    (
        _words(r"(?<![-\w])(?:significant(?! digits?| figures?| bits?| bytes?)|significantly|substantial(?:ly)?|"
             r"considerabl[ey]|dramatically|noticeabl[ey])(?![-\w])"),
        "Give the number that makes it so.",
        True,
    ),
    (
        _words(r"(?<![-\w])(?:fast(?! path| forward)|quick(?:ly)?|rapid(?:ly)?|slow(?! down| start| log)|slowly|"
             r"promptly|instant|instantly|instantaneously|timely|(?<!as )(?<!too )soon|real[- ]time|in no time|"
             r"immediately(?! after| before| below| above| follow| preced)|low[- ]latency|"
             r"(?:a|some) short (?:time|while))(?![-\w])"),
        "Give the time, such as: within 200 ms for 95 of 100 requests.",
        True,
    ),
    (
        _words(r"(?<![-\w])(?<!too )(?<!as )(?:large|big|huge|tiny|small|a lot of|lots of|plenty of)(?![-\w])"
             r"(?! enough to)"),
        "Give the number and its unit, such as: larger than 10 MB.",
        True,
    ),
    (
        _words(r"(?<![-\w])(?:several|various|numerous|a few|a number of|a couple of|a bunch of|"
             r"(?<!how )(?<!as )(?<!too )(?<!so )(?<!to )(?<!one )many(?! times)|"
             r"(?<!at )(?<!the )most(?! recent| recently| once| significant| specific|\w)(?= \w+s\b)|"
             r"some(?= (?:\w+ )?\w+s\b))(?![-\w])"),
        "Give the number, or name each one.",
        False,
    ),
    (
        _words(r"(?<![-\w])(?:usually|normally|typically|generally|often|sometimes|frequently|occasionally|rarely|mostly|"
             r"from time to time|in most cases|in general|periodically|regularly)(?![-\w])"),
        "Say exactly when it is so, and what happens when it is not.",
        True,
    ),
    (
        _words(r"(?<![-\w])(?:(?:clear|helpful|useful|friendly|informative|descriptive|understandable|readable) "
             r"(?:error |warning |status )?(?:messages?|errors?|outputs?|texts?|warnings?|feedback|hints?)|"
             r"clearly|obviously|human[- ]readable)(?![-\w])"),
        "Quote the message, or say what it must name: the file, the line, what to do.",
        False,
    ),
    (
        _words(r"\bhandles? (?:all |any |the )?(?:invalid|bad|wrong|unexpected|malformed|large|empty|missing|errors?|"
             r"failures?|exceptions?|edge cases?|timeouts?|problems?|conflicts?|concurrency|load|unicode)\b"
             r"|\btakes? care of\b|\bdeals? with\b|\bworks? (?:well|fine|as expected|as intended|as before)\b"
             r"|\bas expected\b|\bdoes the right thing\b|\bmakes? sense\b|\bbehaves? (?:well|sanely|the same way)\b"
             r"|\blooks? (?:good|nice|right|fine|ok)\b|\bfeels?\b"),
        "Say what happens: the answer, the message, the state afterwards.",
        False,
    ),
)  # fmt: skip
"""Pattern, what to write instead, and whether a number in the clause excuses the word."""
