"""What a predicted claim has and gold has not, as `model_dump` leaves it out."""

from __future__ import annotations

from typing import Any

BEYOND_GOLD: dict[str, Any] = {"score": True, "metric": {"canonical"}, "period": {"from_", "to"}}
