"""When a DAG runs, in words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from tradewind.core.spec import DagSpec, TimetableSpec
from tradewind.services.views.viewer import View

_KOREAN_DAYS: Final = "일월화수목금토일"
_DAY_NAMES: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_ENGLISH: Final = {"null": "Only by hand", "once": "Once", "continuous": "Again as soon as the last run has ended"}
_KOREAN: Final = {
    "null": "직접 실행할 때만",
    "once": "한 번만",
    "continuous": "이전 실행이 끝나면 바로 다시",
    "asset_triggered": "애셋이 갱신될 때",
}
_UNITS: Final = (
    ("years", "년"),
    ("months", "개월"),
    ("days", "일"),
    ("hours", "시간"),
    ("minutes", "분"),
    ("seconds", "초"),
)


def schedule_text(spec: DagSpec) -> View:
    """`shapes.ScheduleText`."""
    timetable = spec.timetable
    raw = None if timetable.kind == "null" else timetable.summary or timetable.kind
    english = _ENGLISH.get(timetable.kind) or timetable.description or timetable.summary or timetable.kind
    return {"raw": raw, "timezone": spec.timezone, "words": {"en": english, "ko": _korean(timetable) or english}}


def _korean(timetable: TimetableSpec) -> str:
    fixed = _KOREAN.get(timetable.kind)
    if fixed is not None:
        return fixed
    data = timetable.data
    if isinstance(data.get("expression"), str):
        return korean_cron(data["expression"])
    if isinstance(data.get("expressions"), list):
        return " 또는 ".join(korean_cron(str(each)) for each in data["expressions"])
    if "delta" in data:
        return _korean_delta(data["delta"])
    return ""


def _korean_delta(delta: Any) -> str:
    if isinstance(delta, dict):
        parts = [
            f"{delta[name]:g}{unit}"
            for name, unit in _UNITS
            if isinstance(delta.get(name), (int, float)) and delta[name]
        ]
        return f"{' '.join(parts)}마다" if parts else ""
    if not isinstance(delta, (int, float)) or delta <= 0:
        return ""
    left, parts = int(delta), []
    for size, unit in ((86400, "일"), (3600, "시간"), (60, "분"), (1, "초")):
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return f"{' '.join(parts)}마다" if parts else ""


@lru_cache(maxsize=1024)
def korean_cron(expression: str) -> str:
    """The usual forms of a cron expression in Korean (`매주 월·수 06:00`); others as they are written."""
    fields = expression.split()
    if len(fields) != 5:
        return expression
    minute, hour, day, month, weekday = fields
    time = _korean_time(minute, hour)
    if not time:
        return expression
    if (day, month, weekday) == ("*", "*", "*"):
        return f"매일 {time}" if ":" in time else time
    if (day, month) == ("*", "*"):
        days = _korean_weekdays(weekday)
        return f"{days} {time}" if days else expression
    if weekday == "*" and _is_numbers(day) and month == "*":
        return f"매월 {_listed(day, '일')} {time}"
    if weekday == "*" and _is_numbers(day) and _is_numbers(month):
        return f"매년 {_listed(month, '월')} {_listed(day, '일')} {time}"
    return expression


def _korean_time(minute: str, hour: str) -> str:
    if minute == "*" and hour == "*":
        return "1분마다"
    if minute.startswith("*/") and minute[2:].isdigit() and hour == "*":
        return f"{int(minute[2:])}분마다"
    if not _is_numbers(minute):
        return ""
    if hour == "*":
        return f"매시 {_listed(minute, '분')}"
    if hour.startswith("*/") and hour[2:].isdigit():
        return f"{int(hour[2:])}시간마다 {_listed(minute, '분')}"
    if not _is_numbers(hour):
        return ""
    return "·".join(f"{int(h):02}:{int(m):02}" for h in hour.split(",") for m in minute.split(","))


def _korean_weekdays(weekday: str) -> str:
    text = weekday.lower()
    if text in ("1-5", "mon-fri"):
        return "평일"
    names = []
    for part in text.split(","):
        ends = [_DAY_NAMES.get(end, int(end) if end.isdigit() and int(end) <= 7 else -1) for end in part.split("-")]
        if len(ends) > 2 or -1 in ends:
            return ""
        names.append("~".join(_KOREAN_DAYS[end] for end in ends))
    return f"매주 {'·'.join(names)}요일"


def _is_numbers(field: str) -> bool:
    return all(part.isdigit() for part in field.split(","))


def _listed(field: str, unit: str) -> str:
    return "·".join(str(int(part)) for part in field.split(",")) + unit
