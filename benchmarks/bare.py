"""The floor of a POST: FastAPI and a pydantic model of a report's size, and nothing behind it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel


class Time(BaseModel):
    occurred_at: datetime
    precision: str


class Point(BaseModel):
    type: str
    coordinates: tuple[float, float]


class Location(BaseModel):
    point: Point
    precision: str
    place_name: str
    setting: str


class Reporter(BaseModel):
    organisation: str
    role: str
    channel: str


class Report(BaseModel):
    incident_id: UUID
    time: Time
    location: Location
    category: str
    delivery: str
    outcome: str
    hazard_state: str
    target: str
    activity: str
    protective_measures: list[str]
    priority: str
    narrative: str
    report: Reporter


app = FastAPI()


@app.post("/reports", status_code=201)
async def take(report: Report) -> Report:
    return report


@app.get("/")
async def alive() -> dict[str, Any]:
    return {}
