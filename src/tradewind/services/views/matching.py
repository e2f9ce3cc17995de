"""How well a name fits what somebody typed into the search of the command palette.

The browser orders what it is sent by a rule of its own that also takes scattered letters (ui/src/app/palette/match.ts);
here is only what can be asked of every name of a large installation.
"""

from __future__ import annotations

from typing import Final

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
_FINALS: Final = 28
_VOWELS: Final = 21


def fits(name: str, typed: str) -> bool:
    """Whether the name holds what was typed; case does not count.

    A Korean consonant stands for each syllable that begins with it (ㅎㄱ finds 한글), and a syllable without a final
    consonant for those with one (하 finds 한), because so it is while it is being typed. Unicode's table of Hangul syllables
    gives the parts: (initial * 21 + vowel) * 28 + final, from U+AC00 on.
    """
    letters, wanted = name.casefold(), typed.casefold()
    if wanted in letters:
        return True
    if not any(_is_hangul(letter) for letter in wanted):
        return False
    return any(
        all(map(_stands, wanted, letters[start : start + len(wanted)]))
        for start in range(len(letters) - len(wanted) + 1)
    )


def _is_hangul(letter: str) -> bool:
    return _FIRST <= ord(letter) <= _LAST or letter in _INITIALS


def _stands(typed: str, letter: str) -> bool:
    if typed == letter:
        return True
    if not _FIRST <= ord(letter) <= _LAST:
        return False
    code = ord(letter) - _FIRST
    if typed in _INITIALS:
        return code // (_VOWELS * _FINALS) == _INITIALS.index(typed)
    wanted = ord(typed) - _FIRST
    return _FIRST <= ord(typed) <= _LAST and wanted % _FINALS == 0 and code // _FINALS == wanted // _FINALS
