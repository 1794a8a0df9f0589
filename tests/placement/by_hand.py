"""Subjects and seats that are all alike, but for what a test says."""

from offers.placement import Seats, Subjects

HOME = (60.17, 24.94)


def subjects(count: int = 1, **columns: object) -> Subjects:
    values: dict[str, object] = {
        "ids": list(range(count)),
        "latitude": [HOME[0]] * count,
        "longitude": [HOME[1]] * count,
        "group": ["fi"] * count,
        **columns,
    }
    return Subjects(**values)  # type: ignore[arg-type]


def seats(count: int = 1, **columns: object) -> Seats:
    values: dict[str, object] = {
        "ids": list(range(count)),
        "unit": [f"u{index}" for index in range(count)],
        "latitude": [HOME[0] + 0.01 * index for index in range(count)],
        "longitude": [HOME[1]] * count,
        "group": ["fi"] * count,
        "capacity": [1] * count,
        **columns,
    }
    return Seats(**values)  # type: ignore[arg-type]
